// Opening a table by _last_checkpoint: the checkpoint and the commits after it by their names, without a listing of the log.
// What could go wrong is to take a name that is missing for the table's end.
#include <functional>

#include "support.h"

namespace tarn::delta {
namespace {

constexpr int64_t kNow = 1'700'000'100'000;  // A little after the clock of the store in memory.
constexpr int64_t kDay = 86'400'000;
const std::string kLogFolder = kRoot + "/_delta_log/";

struct Opened {
    Result<SnapshotPtr> snapshot;
    int listings = 0;
    int64_t calls = 0;
};

// A table of commits 0 to `newest`, each of which adds the file of its number.
struct LongTable : TestTable {
    explicit LongTable(int64_t newest, const StringMap &properties = {}) {
        Create(properties);
        Grow(newest);
    }
    void Grow(int64_t newest) {
        while (Load()->version < newest) Append("f" + std::to_string(Load()->version + 1));
    }
    void Checkpoint(int64_t version) { ASSERT_TRUE(WriteCheckpoint(store, *Load(version), io, kNow)); }
    void Hint(const std::string &json) { ASSERT_TRUE(store.Put(kLogFolder + "_last_checkpoint", json)); }
    void Forget(int64_t first, int64_t last) {
        for (int64_t version = first; version <= last; version++) ASSERT_TRUE(store.Delete(log.CommitPath(version)));
    }

    // `at` is called before call number n of the store and may do to it what it likes, or say how the call fails.
    Opened Open(std::optional<int64_t> version = std::nullopt, int64_t now = kNow,
                const std::function<storage::FaultKind(int64_t)> &at = {}) {
        Opened out{.snapshot = SnapshotPtr()};
        storage::FaultyStore watched(store, [&](const storage::CallInfo &call) {
            if (call.operation == "List") out.listings++;
            out.calls = call.number;
            return at ? at(call.number) : storage::FaultKind::kNone;
        });
        TextCheckpointIo watched_io(watched);
        out.snapshot = LoadSnapshot(watched, kRoot, {.version = version, .io = &watched_io, .now_ms = now});
        return out;
    }
    // "12: 0 listings", or the error's class.
    std::string Opening(std::optional<int64_t> version = std::nullopt, int64_t now = kNow) {
        Opened opened = Open(version, now);
        if (!opened.snapshot) return opened.snapshot.error().condition;
        EXPECT_EQ((*opened.snapshot)->files.size(), static_cast<size_t>((*opened.snapshot)->version)) << "a file a commit";
        return std::to_string((*opened.snapshot)->version) + ": " + std::to_string(opened.listings) + " listings";
    }
};

TEST(Hint, OpensTheNewestVersionWithoutAListing) {
    LongTable table(12);
    table.Checkpoint(10);
    EXPECT_EQ(table.Opening(), "12: 0 listings");
    Opened opened = table.Open();
    EXPECT_EQ((*opened.snapshot)->checkpoint_version, 10);
    EXPECT_EQ((*opened.snapshot)->commits_replayed, 2);
    SnapshotPtr listed = table.Load();
    EXPECT_EQ((*opened.snapshot)->timestamp_ms, listed->timestamp_ms);
    EXPECT_EQ((*opened.snapshot)->commit_modified_ms, listed->commit_modified_ms);
    EXPECT_EQ(PathsOf(**opened.snapshot), PathsOf(*listed));
    table.Forget(0, 9);
    EXPECT_EQ(table.Opening(), "12: 0 listings") << "what was cleaned up lies before the hint's version";
    table.Checkpoint(12);
    EXPECT_EQ(table.Opening(), "12: 0 listings") << "the checkpoint is the newest version";
}

TEST(Hint, NeedsNoGuardsForAVersionThatIsGiven) {
    LongTable table(14);
    table.Checkpoint(10);
    EXPECT_EQ(table.Opening(12), "12: 0 listings");
    EXPECT_EQ(table.Opening(10), "10: 0 listings");
    EXPECT_EQ(table.Opening(12, kNow + 1000 * kDay), "12: 0 listings");
    EXPECT_EQ(table.Opening(9), "9: 1 listings") << "before the checkpoint";
    EXPECT_EQ(table.Opening(15), "DELTA_VERSION_NOT_FOUND");
    table.Forget(10, 10);
    EXPECT_EQ(table.Opening(12), "12: 0 listings");
}

TEST(Hint, NamesEveryKindOfCheckpoint) {
    LongTable table(6);
    table.Checkpoint(4);
    std::string whole = *table.store.Read(table.log.CheckpointPath(4));
    std::string start = "00000000000000000004.checkpoint.", uuid = "80a083e8-7026-4e79-81be-64bd76c43a11";
    ASSERT_TRUE(table.store.Delete(table.log.CheckpointPath(4)));
    EXPECT_EQ(table.Opening(), "6: 2 listings") << "the checkpoint is gone: everything is listed";

    size_t half = whole.find('\n') + 1;
    ASSERT_TRUE(table.store.Put(kLogFolder + start + "0000000001.0000000002.parquet", whole.substr(0, half)));
    table.Hint(R"({"version":4,"size":6,"parts":2})");
    EXPECT_EQ(table.Opening(), "6: 2 listings") << "a part is missing";
    ASSERT_TRUE(table.store.Put(kLogFolder + start + "0000000002.0000000002.parquet", "PAR1" + whole.substr(half)));
    EXPECT_EQ(table.Opening(), "6: 0 listings");

    ASSERT_TRUE(table.store.Put(kLogFolder + start + uuid + ".json", whole.substr(4)));
    table.Hint(R"({"version":4,"size":6,"v2Checkpoint":{"path":")" + start + uuid + R"(.json"}})");
    EXPECT_EQ(table.Opening(), "6: 0 listings");
    ASSERT_TRUE(table.store.Put(kLogFolder + start + uuid + ".parquet", whole));
    table.Hint(R"({"version":4,"size":6,"v2Checkpoint":{"path":")" + start + uuid + R"(.parquet"}})");
    EXPECT_EQ(table.Opening(), "6: 0 listings");
}

TEST(Hint, IsNotTrustedWithPathsAndNumbers) {
    LongTable table(6);
    table.Checkpoint(4);
    std::string uuid = "80a083e8-7026-4e79-81be-64bd76c43a11";
    ASSERT_TRUE(table.store.Put("/lake/secret/00000000000000000004.checkpoint." + uuid + ".parquet", "PAR1" + AddLine("stolen")));
    for (const std::string &hint : std::vector<std::string>{
             R"({"version":4,"v2Checkpoint":{"path":"../../secret/00000000000000000004.checkpoint.)" + uuid + R"(.parquet"}})",
             R"({"version":4,"v2Checkpoint":{"path":"/lake/secret/00000000000000000004.checkpoint.)" + uuid + R"(.parquet"}})",
             R"({"version":4,"v2Checkpoint":{"path":"00000000000000000003.checkpoint.)" + uuid + R"(.parquet"}})",
             R"({"version":4,"v2Checkpoint":{"path":"00000000000000000004.json"}})",
             R"({"version":4,"parts":-1})", R"({"version":4,"parts":9223372036854775807})",
             R"({"version":9223372036854775807})", R"({"version":9223372036854775806})",
             R"({"version":-1})", R"({"version":"4"})", "{", "",
             R"({"version":4,"size":6,"checksum":"0123"})"}) {
        table.Hint(hint);
        Opened opened = table.Open();
        ASSERT_TRUE(opened.snapshot) << hint << ": " << opened.snapshot.error().ToString();
        EXPECT_EQ((*opened.snapshot)->version, 6) << hint;
        EXPECT_EQ(PathsOf(**opened.snapshot), "f1 f2 f3 f4 f5 f6") << hint;
        EXPECT_GT(opened.listings, 0) << hint;
    }
}

// A writer died between its checkpoint and the hint, log clean-up passed, and the hint still names a version of long ago.
TEST(Hint, MayBeOldAndItsNextCommitsCleanedUp) {
    LongTable table(20);
    table.Checkpoint(5);
    std::string old_hint = *table.store.Read(kLogFolder + "_last_checkpoint");
    table.Checkpoint(15);
    table.Hint(old_hint);
    EXPECT_EQ(table.Opening(), "20: 0 listings") << "old, but all of it is there";
    table.Forget(0, 14);
    EXPECT_EQ(table.Opening(), "20: 1 listings") << "the hint's own commit is gone";
    EXPECT_EQ(table.Opening(18), "18: 1 listings");
}

// Who cleans up without an order may leave the hint's own commit, or die before it.
TEST(Hint, IsOnlyFollowedWhileNothingBehindItIsOldEnoughToGo) {
    LongTable table(20, {{"delta.logRetentionDuration", "interval 10 days"}});
    table.Checkpoint(5);
    std::string old_hint = *table.store.Read(kLogFolder + "_last_checkpoint");
    table.Checkpoint(15);
    table.Hint(old_hint);
    EXPECT_EQ(table.Opening(std::nullopt, kNow + 4 * kDay), "20: 0 listings");
    EXPECT_EQ(table.Opening(std::nullopt, kNow + 6 * kDay), "20: 1 listings") << "past half of the table's own retention";
    table.Forget(6, 14);
    EXPECT_EQ(table.Opening(std::nullopt, kNow + 11 * kDay), "20: 1 listings");
    EXPECT_EQ(table.Opening(std::nullopt, kNow + 400 * kDay), "20: 1 listings");

    LongTable defaults(3);
    defaults.Checkpoint(2);
    EXPECT_EQ(defaults.Opening(std::nullopt, kNow + 14 * kDay), "3: 0 listings");
    EXPECT_EQ(defaults.Opening(std::nullopt, kNow + 16 * kDay), "3: 1 listings");
}

TEST(Hint, GoesByInCommitTimestampsWhereCleanUpDoes) {
    LongTable table(6, {{"delta.enableInCommitTimestamps", "true"}});
    table.Checkpoint(4);
    int64_t own = table.Load(4)->timestamp_ms;
    for (int64_t version = 0; version <= 6; version++) table.store.SetModified(table.log.CommitPath(version), own + 100 * kDay);  // Copied later.
    EXPECT_EQ(table.Opening(std::nullopt, own + 2 * kDay), "6: 0 listings");
    EXPECT_EQ(table.Opening(std::nullopt, own + 101 * kDay), "6: 1 listings");
}

TEST(Hint, TakesALostCommitForLost) {
    LongTable table(8);
    table.Checkpoint(5);
    table.Forget(6, 6);
    EXPECT_EQ(table.Opening(), "DELTA_VERSIONS_NOT_CONTIGUOUS");
    table.Forget(7, 7);
    table.Forget(8, 8);
    EXPECT_EQ(table.Opening(), "5: 0 listings");
}

TEST(Hint, IsLeftWhereAListingFindsANewerCheckpoint) {
    LongTable table(230);
    table.Checkpoint(20);
    std::string old_hint = *table.store.Read(kLogFolder + "_last_checkpoint");
    EXPECT_EQ(table.Opening(), "230: 1 listings");
    table.Checkpoint(225);
    EXPECT_EQ(table.Opening(), "230: 0 listings");
    table.Hint(old_hint);
    EXPECT_EQ((*table.Open().snapshot)->checkpoint_version, 225);
    // A commit between the two that nobody can read does not matter to one who starts at the newer.
    ASSERT_TRUE(table.store.Put(table.log.CommitPath(21), "{"));
    EXPECT_EQ((*table.Open().snapshot)->checkpoint_version, 225);
}

TEST(Hint, FallsBackWhenItsCheckpointIsDamaged) {
    LongTable table(12);
    table.Checkpoint(5);
    table.Checkpoint(10);
    ASSERT_TRUE(table.store.Put(table.log.CheckpointPath(10), "no parquet"));
    Opened opened = table.Open();
    ASSERT_TRUE(opened.snapshot);
    EXPECT_EQ((*opened.snapshot)->checkpoint_version, 5);
    EXPECT_EQ((*opened.snapshot)->version, 12);
}

TEST(Hint, EveryCallMayFail) {
    LongTable table(12);
    table.Checkpoint(10);
    int64_t calls = table.Open().calls;
    EXPECT_GE(calls, 6);
    for (int64_t failing = 1; failing <= calls; failing++) {
        Opened opened = table.Open(std::nullopt, kNow, [&](int64_t n) {
            return n == failing ? storage::FaultKind::kFail : storage::FaultKind::kNone;
        });
        // One failure is never taken for a missing name; the listing makes up for it.
        ASSERT_TRUE(opened.snapshot) << "call " << failing << ": " << opened.snapshot.error().ToString();
        EXPECT_EQ((*opened.snapshot)->version, 12) << "call " << failing;
        EXPECT_EQ((*opened.snapshot)->files.size(), 12u) << "call " << failing;
    }
    // From one call on they all fail: an error, and no version that is not there.
    for (int64_t first = 1; first <= calls; first++) {
        Opened opened = table.Open(std::nullopt, kNow, [&](int64_t n) {
            return n >= first ? storage::FaultKind::kFail : storage::FaultKind::kNone;
        });
        if (opened.snapshot) EXPECT_EQ((*opened.snapshot)->version, 12) << "from call " << first;
        else EXPECT_EQ(opened.snapshot.error().kind, ErrorKind::kIo) << "from call " << first;
    }
}

// Somebody else's work, whole, between any two calls of a reader.
TEST(Hint, RacesWithWritersAndCleaners) {
    struct Race {
        const char *name;
        std::function<void(LongTable &)> work;
        int64_t newest;
    };
    const std::vector<Race> races = {
        {"one commit", [](LongTable &t) { t.Grow(13); }, 13},
        {"three commits", [](LongTable &t) { t.Grow(15); }, 15},
        {"commits and a checkpoint", [](LongTable &t) { t.Grow(15), t.Checkpoint(14); }, 15},
        {"checkpoint, hint and clean-up", [](LongTable &t) { t.Grow(20), t.Checkpoint(18), t.Forget(0, 17), (void)t.store.Delete(t.log.CheckpointPath(10)); }, 20},
        {"the same without a hint",
         [](LongTable &t) {
             std::string hint = *t.store.Read(kLogFolder + "_last_checkpoint");
             t.Grow(20), t.Checkpoint(18), t.Forget(0, 17), t.Hint(hint);
         }, 20},
        {"clean-up that dies half way", [](LongTable &t) { t.Grow(20), t.Checkpoint(18), t.Forget(0, 13); }, 20},
    };
    for (const Race &race : races) {
        for (int64_t call = 1;; call++) {
            LongTable table(12);
            table.Checkpoint(10);
            bool worked = false;
            Opened opened = table.Open(std::nullopt, kNow, [&](int64_t n) {
                if (n == call) worked = true, race.work(table);
                return storage::FaultKind::kNone;
            });
            if (!worked) break;
            SCOPED_TRACE(std::string(race.name) + " before call " + std::to_string(call));
            // Between a listing and the reading of what it names a cleaner may take it away; that is said, nothing is made up.
            if (!opened.snapshot) {
                EXPECT_NE(opened.snapshot.error().condition, "") << opened.snapshot.error().ToString();
                EXPECT_GT(opened.listings, 0);
                continue;
            }
            int64_t version = (*opened.snapshot)->version;
            EXPECT_TRUE(version >= 12 && version <= race.newest) << version;
            EXPECT_EQ((*opened.snapshot)->files.size(), static_cast<size_t>(version));
        }
    }
}

}  // namespace
}  // namespace tarn::delta
