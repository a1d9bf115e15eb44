#include "base/sqlite.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tarn {
namespace {

class SqliteTest : public testing::Test {
protected:
    void SetUp() override {
        path_ = std::filesystem::temp_directory_path() / ("tarn_sqlite_" + std::to_string(getpid()) + ".db");
        std::filesystem::remove(path_);
    }
    void TearDown() override { std::filesystem::remove(path_); }

    std::unique_ptr<SqliteFile> Open(unsigned rights = SqliteFile::kOwnerOnly) {
        auto opened = SqliteFile::Open(path_, rights);
        EXPECT_TRUE(opened) << opened.error().ToString();
        return std::move(*opened);
    }
    mode_t Rights() const {
        struct stat found{};
        EXPECT_EQ(stat(path_.c_str(), &found), 0);
        return found.st_mode & 0777;
    }
    static int64_t Count(SqliteFile &file) {
        SqliteStatement query(file, "SELECT count(*) FROM t");
        EXPECT_TRUE(query.Step().value());
        return query.IntegerAt(0);
    }

    std::filesystem::path path_;
};

TEST_F(SqliteTest, ANewFileHasTheRightsAskedForAndKeepsThem) {
    mode_t before = umask(022);
    Open();
    EXPECT_EQ(Rights(), 0600u);
    Open(SqliteFile::kUsual);
    EXPECT_EQ(Rights(), 0600u) << "it was there";
    std::filesystem::remove(path_);
    Open(SqliteFile::kUsual);
    EXPECT_EQ(Rights(), 0644u);
    umask(before);
}

TEST_F(SqliteTest, AMissingFolderIsNamed) {
    path_ = path_.parent_path() / "tarn_no_such_folder" / "x.db";
    auto opened = SqliteFile::Open(path_);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().condition, "IO_ERROR");
    EXPECT_NE(opened.error().message.find("tarn_no_such_folder/x.db: No such file or directory"), std::string::npos) << opened.error().message;
}

TEST_F(SqliteTest, ATransactionIsKeptOrUndoneByItsAnswer) {
    auto file = Open();
    ASSERT_TRUE(file->Run("CREATE TABLE t (n INTEGER)"));
    auto insert = [&] { return file->Run("INSERT INTO t VALUES (1)"); };
    EXPECT_TRUE(file->Atomically(insert));
    EXPECT_EQ(Count(*file), 1);
    EXPECT_FALSE(file->Atomically([&]() -> Result<void> {
        TARN_CHECK(insert());
        return Fail(ErrorKind::kIo, "IO_ERROR", "no");
    }));
    EXPECT_EQ(Count(*file), 1);
    for (bool answer : {false, true}) {
        EXPECT_EQ(file->Atomically([&]() -> Result<bool> {
            TARN_CHECK(insert());
            return answer;
        }).value(), answer);
        EXPECT_EQ(Count(*file), answer ? 2 : 1);
    }
}

// A process that inserts a row into `t` when asked, without waiting for others, and says whether it could.
class AnotherWriter {
public:
    // To be made before this process opens the file: SQLite remembers a process's locks beyond fork().
    explicit AnotherWriter(const std::filesystem::path &path) {
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_), 0);
        child_ = fork();
        if (child_ != 0) {
            close(ends_[1]);
            return;
        }
        close(ends_[0]);
        for (char word; read(ends_[1], &word, 1) == 1;) {
            sqlite3 *db = nullptr;
            sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr);
            word = sqlite3_exec(db, "INSERT INTO t VALUES (99)", nullptr, nullptr, nullptr) == SQLITE_OK;
            sqlite3_close(db);
            if (write(ends_[1], &word, 1) != 1) break;
        }
        _exit(0);
    }
    ~AnotherWriter() {
        close(ends_[0]);
        waitpid(child_, nullptr, 0);
    }

    bool MayWrite() {
        char word = 0;
        EXPECT_EQ(write(ends_[0], &word, 1), 1);
        EXPECT_EQ(read(ends_[0], &word, 1), 1);
        return word == 1;
    }

private:
    int ends_[2] = {};
    pid_t child_ = 0;
};

// To close any descriptor of a file ends all locks of its process on it.
TEST_F(SqliteTest, OpeningAFileAgainTakesNoLockAway) {
    AnotherWriter other(path_);
    auto file = Open();
    ASSERT_TRUE(file->Run("CREATE TABLE t (n INTEGER)"));
    EXPECT_TRUE(other.MayWrite());
    bool written = true;
    ASSERT_TRUE(file->Atomically([&]() -> Result<void> {
        TARN_CHECK(file->Run("INSERT INTO t VALUES (1)"));
        auto second = Open();
        written = other.MayWrite();
        return {};
    }));
    EXPECT_FALSE(written);
    EXPECT_EQ(Count(*file), 2);
}

}  // namespace
}  // namespace tarn
