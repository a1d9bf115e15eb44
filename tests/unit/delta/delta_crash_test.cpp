// kill -9 at any instant of a commit: what was acknowledged stays, what is there is whole.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "storage/local_store.h"
#include "support.h"

namespace tarn::delta {
namespace {

// Commits for ever and reports each acknowledged version as 8 bytes on `pipe`. Never returns.
[[noreturn]] void CommitUntilKilled(const std::string &root, int pipe) {
    storage::LocalStore store{storage::Durability::kProcessCrash};
    while (true) {
        auto snapshot = LoadSnapshot(store, root);
        if (!snapshot) _exit(2);
        std::string name = "f" + std::to_string((*snapshot)->version + 1);
        if (!store.Put(root + "/" + name, "rows")) _exit(3);
        Transaction transaction(store, *snapshot);
        transaction.Add(FileOf(name));
        auto done = transaction.Commit({.operation = "WRITE"});
        if (!done) _exit(4);
        if (write(pipe, &done->version, sizeof done->version) != sizeof done->version) _exit(5);
    }
}

// The last version that the child acknowledged before it was killed; -1 for none.
int64_t LetOneDie(const std::string &root, useconds_t after_us) {
    int ends[2];
    if (pipe(ends) != 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        CommitUntilKilled(root, ends[1]);
    }
    close(ends[1]);
    usleep(after_us);
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the writer failed by itself: exit " << WEXITSTATUS(status);
    int64_t version = -1, acknowledged = -1;
    while (read(ends[0], &version, sizeof version) == sizeof version) acknowledged = version;
    close(ends[0]);
    return acknowledged;
}

TEST(Crash, NothingAcknowledgedIsLost) {
    std::string pattern = (std::filesystem::temp_directory_path() / "tarn-crash-XXXXXX").string();
    std::string root = mkdtemp(pattern.data());
    storage::LocalStore store{storage::Durability::kProcessCrash};
    auto table = DescribeNewTable({.schema = SimpleSchema()}, 1);
    ASSERT_TRUE(Transaction(store, root, *table).Commit({.operation = "CREATE TABLE"}));
    std::mt19937_64 dice(11);
    int64_t newest = 0;
    for (int round = 0; round < 40; round++) {
        int64_t acknowledged = LetOneDie(root, static_cast<useconds_t>(500 + dice() % 20'000));
        auto snapshot = LoadSnapshot(store, root);
        ASSERT_TRUE(snapshot) << "round " << round << ": " << snapshot.error().ToString();
        EXPECT_GE((*snapshot)->version, std::max(acknowledged, newest)) << "round " << round;
        newest = (*snapshot)->version;
        EXPECT_EQ(static_cast<int64_t>((*snapshot)->files.size()), newest) << "one file a commit";
        for (const FilePtr &file : (*snapshot)->files) ASSERT_TRUE(store.Head(root + "/" + file->path));
    }
    EXPECT_GT(newest, 20) << "the writers were killed before they did anything";
    std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace tarn::delta
