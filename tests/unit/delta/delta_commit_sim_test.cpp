// Several writers, one table, a store that fails at random: what was acknowledged is there, exactly once.
//   again: TARN_SIM_SEED=7713 delta_commit_sim_test
#include <cstdlib>
#include <set>

#include "support.h"

namespace tarn::delta {
namespace {

struct Tally {
    std::set<std::string> acknowledged;  // Files of commits that were answered with success.
    std::set<std::string> refused;       // Of commits that were answered with an error that means "not done".
    int unknown = 0;
    int conflicts = 0;
};

// One writer's turn. The interleaving comes from stale snapshots: each writer renews its own only now and then.
struct Writer {
    int number = 0;
    SnapshotPtr snapshot;
    int64_t batch = 0;
};

void Turn(TestTable &table, storage::ObjectStore &store, Writer &writer, std::mt19937_64 &dice, Tally &tally) {
    if (!writer.snapshot || dice() % 3 == 0) {
        auto loaded = LoadSnapshot(store, kRoot, {.io = &table.io, .base = writer.snapshot});
        if (loaded) writer.snapshot = *loaded;
        if (!writer.snapshot) return;
    }
    std::string name = "w" + std::to_string(writer.number) + "-" + std::to_string(writer.batch++);
    Transaction transaction(store, writer.snapshot, {.max_attempts = 50, .sleep = [](int64_t) {}});
    transaction.Add(FileOf(name, std::to_string(dice() % 3)));
    const auto &files = writer.snapshot->files;
    if (!files.empty() && dice() % 4 == 0) {
        const AddFile &victim = *files[dice() % files.size()];
        transaction.ReadFile(victim);
        transaction.Remove(victim, false);
    }
    auto done = transaction.Commit({.operation = "SIM"});
    if (done) {
        tally.acknowledged.insert(name);
    } else if (done.error().kind == ErrorKind::kUnknownOutcome) {
        tally.unknown++;
    } else {
        tally.refused.insert(name);
        if (done.error().kind == ErrorKind::kConflict) tally.conflicts++;
        writer.snapshot = nullptr;
    }
    if (dice() % 20 == 0 && writer.snapshot) {
        (void)WriteCheckpoint(store, *writer.snapshot, table.io, NowMs());
    }
}

void Simulate(uint64_t seed) {
    SCOPED_TRACE("again: TARN_SIM_SEED=" + std::to_string(seed) + " delta_commit_sim_test");
    std::mt19937_64 dice(seed);
    TestTable table;
    table.Create();
    storage::FaultyStore faulty(table.store, storage::FaultyStore::RandomFaults(seed, 0.05));
    std::vector<Writer> writers(3);
    Tally tally;
    for (int i = 0; i < 3; i++) writers[static_cast<size_t>(i)].number = i;
    for (int turn = 0; turn < 300; turn++) Turn(table, faulty, writers[dice() % 3], dice, tally);

    // The log itself, with no faults and no checkpoint: each file's add occurs in how many commits?
    std::map<std::string, int> adds;
    auto commits = table.log.ListAllCommits();
    ASSERT_TRUE(commits);
    for (size_t i = 0; i < commits->size(); i++) {
        ASSERT_EQ((*commits)[i].version, static_cast<int64_t>(i)) << "versions have a gap";
        auto text = table.store.Read((*commits)[i].path);
        ASSERT_TRUE(ParseActions(*text, "", [&](Action &&action) -> Result<void> {
            if (auto *add = std::get_if<AddFile>(&action)) adds[add->path]++;
            return {};
        }));
    }
    for (const auto &[path, count] : adds) EXPECT_EQ(count, 1) << path << " was committed twice";
    for (const std::string &name : tally.acknowledged) {
        EXPECT_EQ(adds[name], 1) << name << " was acknowledged, then lost";
    }
    for (const std::string &name : tally.refused) EXPECT_EQ(adds[name], 0) << name << " was refused, yet is there";
    EXPECT_GT(tally.acknowledged.size(), 100u);

    // Checkpoints written on the way tell the same story as the commits alone.
    SnapshotPtr with_checkpoint = table.Load();
    ASSERT_TRUE(with_checkpoint);
    std::multiset<std::string> direct, replayed;
    for (const FilePtr &file : with_checkpoint->files) direct.insert(file->path);
    auto names = table.store.List(kRoot + "/_delta_log");
    for (const auto &object : *names) {
        if (!object.path.ends_with(".json")) {
            ASSERT_TRUE(table.store.Delete(object.path));
        }
    }
    SnapshotPtr from_commits = table.Load();
    ASSERT_TRUE(from_commits);
    for (const FilePtr &file : from_commits->files) replayed.insert(file->path);
    EXPECT_EQ(direct, replayed);
}

TEST(CommitSim, AcknowledgedCommitsAreInTheLogExactlyOnce) {
    if (const char *seed = std::getenv("TARN_SIM_SEED")) return Simulate(std::strtoull(seed, nullptr, 10));
    for (uint64_t seed = 7700; seed < 7740; seed++) {
        Simulate(seed);
        if (HasFatalFailure() || HasNonfatalFailure()) return;
    }
}

}  // namespace
}  // namespace tarn::delta
