#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "storage/local_store.h"
#include "storage/memory_store.h"

namespace tarn::storage {
namespace {

class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "tarn-store-XXXXXX").string();
        path_ = mkdtemp(pattern.data());
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    const std::string &path() const { return path_; }

private:
    std::string path_;
};

// Every store keeps the same promises.
class EveryStore : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        if (GetParam() == "s3") {
            // A real server, which tests/interop/s3_cases.py starts: "s3://bucket/prefix".
            const char *place = std::getenv("TARN_TEST_S3");
            if (place == nullptr) GTEST_SKIP() << "TARN_TEST_S3 names no place";
            root_ = std::string(place) + "/" + testing::UnitTest::GetInstance()->current_test_info()->test_suite_name();
            auto store = StoreFor(root_);
            ASSERT_TRUE(store) << store.error().ToString();
            shared_ = *store;
            auto emptied = shared_->DeleteAll(root_);
            ASSERT_TRUE(emptied) << emptied.error().ToString();
            return;
        }
        if (GetParam() == "memory") {
            root_ = "/lake";
            store_ = std::make_unique<MemoryStore>();
        } else {
            root_ = directory_.path();
            store_ = std::make_unique<LocalStore>(GetParam() == "local" ? Durability::kPowerLoss
                                                                        : Durability::kProcessCrash);
        }
    }
    ObjectStore *store() { return shared_ != nullptr ? shared_ : store_.get(); }

    TemporaryDirectory directory_;
    std::string root_;
    std::unique_ptr<ObjectStore> store_;
    ObjectStore *shared_ = nullptr;
};

TEST_P(EveryStore, ReadsBackWhatWasPut) {
    ASSERT_TRUE(store()->Put(root_ + "/a/b/c.txt", "one"));
    ASSERT_TRUE(store()->Put(root_ + "/a/b/c.txt", "three"));
    EXPECT_EQ(*store()->Read(root_ + "/a/b/c.txt"), "three");
    EXPECT_EQ(*store()->ReadRange(root_ + "/a/b/c.txt", 1, 3), "hre");
    EXPECT_EQ(*store()->ReadRange(root_ + "/a/b/c.txt", 5, 0), "");
    EXPECT_EQ(store()->Head(root_ + "/a/b/c.txt")->size, 5);
    EXPECT_GT(store()->Head(root_ + "/a/b/c.txt")->modified_ms, 1'600'000'000'000);
    EXPECT_TRUE(store()->MakeDurable({root_ + "/a/b/c.txt"}));
}

TEST_P(EveryStore, SaysWhatIsMissing) {
    EXPECT_EQ(store()->Read(root_ + "/none").error().kind, ErrorKind::kNotFound);
    EXPECT_EQ(store()->ReadRange(root_ + "/none", 0, 1).error().kind, ErrorKind::kNotFound);
    EXPECT_EQ(store()->Head(root_ + "/none").error().condition, "PATH_NOT_FOUND");
    EXPECT_TRUE(store()->Delete(root_ + "/none"));
    EXPECT_TRUE(store()->List(root_ + "/none")->empty());
}

TEST_P(EveryStore, RefusesRangesBeyondTheEnd) {
    ASSERT_TRUE(store()->Put(root_ + "/x", "12345"));
    EXPECT_EQ(store()->ReadRange(root_ + "/x", 3, 3).error().kind, ErrorKind::kCorrupt);
    EXPECT_EQ(store()->ReadRange(root_ + "/x", 6, 0).error().kind, ErrorKind::kCorrupt);
    EXPECT_EQ(store()->ReadRange(root_ + "/x", 1, UINT64_MAX).error().kind, ErrorKind::kCorrupt);
}

TEST_P(EveryStore, PutIfAbsentKeepsTheFirst) {
    EXPECT_EQ(*store()->PutIfAbsent(root_ + "/d/1", "first"), PutOutcome::kWritten);
    EXPECT_EQ(*store()->PutIfAbsent(root_ + "/d/1", "second"), PutOutcome::kExists);
    EXPECT_EQ(*store()->Read(root_ + "/d/1"), "first");
    EXPECT_EQ(store()->List(root_ + "/d")->size(), 1u) << "no temporary files stay behind";
    ASSERT_TRUE(store()->Delete(root_ + "/d/1"));
    EXPECT_EQ(*store()->PutIfAbsent(root_ + "/d/1", "third"), PutOutcome::kWritten);
}

TEST_P(EveryStore, ListsSortedAndFromAName) {
    for (std::string name : {"b", "a", "c/x", "10", "9"}) ASSERT_TRUE(store()->Put(root_ + "/l/" + name, name));
    auto names = [&](const ListOptions &options) {
        std::string out;
        auto objects = store()->List(root_ + "/l", options);
        for (const ObjectInfo &object : *objects) out += object.path.substr(root_.size() + 3) + " ";
        return out;
    };
    EXPECT_EQ(names({}), "10 9 a b ");
    EXPECT_EQ(names({.start_after = "9"}), "a b ");
    EXPECT_EQ(names({.start_after = "95"}), "a b ");
    EXPECT_EQ(names({.recursive = true}), "10 9 a b c/x ");
    EXPECT_EQ(names({.prefix = "1"}), "10 ");
    EXPECT_EQ(names({.recursive = true, .prefix = "c/"}), "c/x ");
    EXPECT_EQ(names({.start_after = "10", .limit = 2}), "9 a ");
}

TEST_P(EveryStore, TakesAwkwardNames) {
    std::vector<std::string> names = {"a b+c", "day=2024-01-01 10:00:00", "ü&<>\"'", "x%41#?", "(1)~!*@$,;", "a//b", "..c"};
    if (GetParam() != "memory") names.erase(std::ranges::find(names, "a//b"));  // A path of a file system has one slash.
    for (const std::string &name : names) {
        std::string path = root_ + "/names/" + name;
        ASSERT_TRUE(store()->Put(path, name)) << name;
        EXPECT_EQ(*store()->Read(path), name);
        EXPECT_EQ(store()->Head(path)->size, static_cast<int64_t>(name.size()));
        auto listed = store()->List(root_ + "/names", {.recursive = true});
        ASSERT_EQ(listed->size(), 1u) << name;
        EXPECT_EQ((*listed)[0].path, path);
        EXPECT_EQ((*listed)[0].modified_ms, store()->Head(path)->modified_ms) << "a listing and a look give one time";
        ASSERT_TRUE(store()->DeleteMany({path, root_ + "/names/none"}));
        EXPECT_EQ(store()->Read(path).error().kind, ErrorKind::kNotFound);
    }
}

TEST_P(EveryStore, WritesPieceByPiece) {
    std::string path = root_ + "/pieces/large", expected;
    auto writer = store()->Create(path);
    ASSERT_TRUE(writer);
    for (int i = 0; i < 40; i++) {
        std::string piece(size_t{997'001}, static_cast<char>('a' + i % 26));
        ASSERT_TRUE((*writer)->Append(piece));
        expected += piece;
    }
    EXPECT_EQ(store()->Head(path).error().kind, ErrorKind::kNotFound) << "nothing is there before the end";
    ASSERT_TRUE((*writer)->Finish());
    EXPECT_TRUE(store()->MakeDurable({path}, root_));
    EXPECT_EQ(store()->Head(path)->size, static_cast<int64_t>(expected.size()));
    EXPECT_TRUE(*store()->Read(path) == expected);
    EXPECT_TRUE(*store()->ReadRange(path, 5, expected.size() - 10) == expected.substr(5, expected.size() - 10));
    writer = store()->Create(root_ + "/pieces/small");
    ASSERT_TRUE((*writer)->Append("small") && (*writer)->Finish());
    writer = store()->Create(root_ + "/pieces/never");
    ASSERT_TRUE((*writer)->Append(std::string(size_t{9} << 20, 'x')));
    writer->reset();
    EXPECT_EQ(store()->List(root_ + "/pieces")->size(), 2u) << "what is not finished leaves nothing";
    EXPECT_EQ(*store()->ReadMany({root_ + "/pieces/small", path})[0], "small");
    EXPECT_FALSE(store()->ReadMany({root_ + "/pieces/small", root_ + "/pieces/none"})[1]);
}

TEST_P(EveryStore, DeletesAllBelow) {
    std::vector<std::string> names;
    for (int i = 0; i < 1203; i++) names.push_back(root_ + "/all/" + std::to_string(i % 7) + "/" + std::to_string(i));
    for (const std::string &name : names) ASSERT_TRUE(store()->Put(name, "x"));
    ASSERT_TRUE(store()->Put(root_ + "/all2", "stays"));
    EXPECT_EQ(store()->List(root_ + "/all", {.recursive = true})->size(), names.size());
    ASSERT_TRUE(store()->DeleteAll(root_ + "/all"));
    EXPECT_TRUE(store()->List(root_ + "/all", {.recursive = true})->empty());
    EXPECT_TRUE(store()->Read(root_ + "/all2"));
}

TEST_P(EveryStore, OneOfManyRacersWins) {
    for (int round = 0; round < 20; round++) {
        std::string path = root_ + "/race/" + std::to_string(round);
        std::atomic<int> winners = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; i++) {
            threads.emplace_back([&, i] {
                auto outcome = store()->PutIfAbsent(path, std::string(1000, static_cast<char>('a' + i)));
                if (outcome && *outcome == PutOutcome::kWritten) winners++;
            });
        }
        for (std::thread &thread : threads) thread.join();
        EXPECT_EQ(winners, 1);
        EXPECT_EQ(store()->Read(path)->size(), 1000u);
    }
}

INSTANTIATE_TEST_SUITE_P(Stores, EveryStore, testing::Values("memory", "local", "local_fast", "s3"),
                         [](const auto &info) { return info.param; });

TEST(LocalStore, IgnoresFilesOfACrashedWriter) {
    TemporaryDirectory directory;
    LocalStore store;
    std::ofstream(directory.path() + "/.tarn-tmp-1-1") << "half";
    EXPECT_TRUE(store.List(directory.path())->empty());
    EXPECT_EQ(store.Read(directory.path()).error().kind, ErrorKind::kNotFound) << "a directory is no object";
    EXPECT_FALSE(store.MakeDurable({directory.path() + "/none"}, ""));
}

TEST(LocalStore, LeavesNoStaleHadoopChecksum) {
    TemporaryDirectory directory;
    LocalStore store;
    std::ofstream(directory.path() + "/.x.crc") << "of older bytes";
    ASSERT_TRUE(store.Put(directory.path() + "/x", "new"));
    EXPECT_FALSE(std::filesystem::exists(directory.path() + "/.x.crc"));
}

TEST(FaultyStore, FailsAsPlanned) {
    MemoryStore memory;
    FaultyStore lose(memory, FaultyStore::FaultAt(1, FaultKind::kLoseAnswer));
    EXPECT_EQ(lose.PutIfAbsent("/x", "1").error().kind, ErrorKind::kUnknownOutcome);
    EXPECT_EQ(*lose.Read("/x"), "1") << "it was written all the same";
    FaultyStore fail(memory, FaultyStore::FaultAt(2, FaultKind::kFail));
    EXPECT_TRUE(fail.Put("/y", "1"));
    EXPECT_EQ(fail.Put("/y", "2").error().kind, ErrorKind::kIo);
    EXPECT_EQ(*fail.Read("/y"), "1");
    EXPECT_EQ(fail.calls(), 3);
}

TEST(FaultyStore, OneSeedReplaysOneHistory) {
    auto history = [](uint64_t seed) {
        MemoryStore memory;
        FaultyStore store(memory, FaultyStore::RandomFaults(seed, 0.3));
        std::string out;
        for (int i = 0; i < 200; i++) out += store.Put("/x", "1") ? '.' : 'F';
        return out;
    };
    EXPECT_EQ(history(7), history(7));
    EXPECT_NE(history(7), history(8));
}

}  // namespace
}  // namespace tarn::storage
