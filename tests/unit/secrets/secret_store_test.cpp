#include "secrets/secret_store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "secrets/redaction.h"

namespace tarn::secrets {
namespace {

const std::string kValue = "sk-the-value-nobody-sees";

class SecretStoreTest : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "tarn-secrets-XXXXXX";
        root_ = mkdtemp(pattern.data());
        unsetenv("TARN_SECRET_KEY");
        unsetenv("TARN_SECRET_KEY_FILE");
    }
    void TearDown() override { std::filesystem::remove_all(root_); }

    void PutOne() {
        SecretStore store(root_);
        ASSERT_TRUE(store.CreateScope("openai"));
        auto put = store.Put("openai", "key", kValue);
        ASSERT_TRUE(put) << put.error().ToString();
    }
    // One statement on the file, past the store.
    void Meddle(const std::string &sql) {
        sqlite3 *db = nullptr;
        ASSERT_EQ(sqlite3_open((root_ / "secrets.db").c_str(), &db), SQLITE_OK);
        ASSERT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
        sqlite3_close(db);
    }
    std::string AllBytes() {
        std::string all;
        for (auto &entry : std::filesystem::recursive_directory_iterator(root_)) {
            std::ifstream in(entry.path(), std::ios::binary);
            all.append(std::istreambuf_iterator<char>(in), {});
        }
        return all;
    }

    std::filesystem::path root_;
};

TEST_F(SecretStoreTest, AValueComesBackInAnotherProcess) {
    PutOne();
    SecretStore store(root_);
    auto value = store.Get("openai", "key");
    ASSERT_TRUE(value);
    EXPECT_EQ(**value, kValue);
    EXPECT_EQ(Redacted("x" + kValue), "x[REDACTED]");
}

TEST_F(SecretStoreTest, NothingIsMadeBeforeTheFirstScope) {
    SecretStore store(root_);
    EXPECT_FALSE(*store.Get("openai", "key"));
    EXPECT_TRUE(store.ListScopes()->empty());
    EXPECT_TRUE(std::filesystem::is_empty(root_));
}

TEST_F(SecretStoreTest, NoFileHoldsTheValueAndOnlyTheOwnerReadsThem) {
    PutOne();
    EXPECT_EQ(AllBytes().find(kValue), std::string::npos);
    EXPECT_NE(AllBytes().find("openai"), std::string::npos);  // Names are no secret: the search works.
    for (const char *name : {"secrets.db", "secret.key"}) {
        struct stat info {};
        ASSERT_EQ(stat((root_ / name).c_str(), &info), 0);
        EXPECT_EQ(info.st_mode & 0777, 0600u) << name;
    }
}

TEST_F(SecretStoreTest, ListsGiveNamesAndPutReplaces) {
    PutOne();
    SecretStore store(root_);
    ASSERT_TRUE(store.Put("openai", "key", "another-value"));
    ASSERT_TRUE(store.Put("openai", "org", "o"));
    ASSERT_TRUE(store.CreateScope("other"));
    auto entries = store.List("openai");
    ASSERT_EQ(entries->size(), 2u);
    EXPECT_EQ((*entries)[1].key, "org");
    EXPECT_EQ(store.ListScopes()->size(), 2u);
    EXPECT_EQ(**store.Get("openai", "key"), "another-value");
    ASSERT_TRUE(store.Delete("openai", "key"));
    EXPECT_EQ(store.Delete("openai", "key").error().condition, "RESOURCE_DOES_NOT_EXIST");
    ASSERT_TRUE(store.DeleteScope("openai"));
    EXPECT_EQ(store.List("openai").error().condition, "RESOURCE_DOES_NOT_EXIST");
    EXPECT_EQ(store.List("")->size(), 0u);
    EXPECT_EQ(store.CreateScope("other").error().condition, "RESOURCE_ALREADY_EXISTS");
}

TEST_F(SecretStoreTest, NamesAndValuesHaveLimits) {
    SecretStore store(root_);
    for (const char *name : {"", "a b", "a/b", "ü", "a'b"}) EXPECT_EQ(store.CreateScope(name).error().condition, "INVALID_PARAMETER_VALUE") << name;
    EXPECT_FALSE(store.CreateScope(std::string(129, 'a')));
    ASSERT_TRUE(store.CreateScope("s"));
    EXPECT_FALSE(store.Put("s", "k", ""));
    EXPECT_FALSE(store.Put("s", "k", std::string(128 * 1024 + 1, 'x')));
    ASSERT_TRUE(store.Put("s", "a/b", std::string("with\0zero", 9)));
    EXPECT_EQ((**store.Get("s", "a/b")).size(), 9u);
}

TEST_F(SecretStoreTest, TheEnvironmentsKeyInAllItsSpellings) {
    std::string hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    std::string base64 = "ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8=";
    setenv("TARN_SECRET_KEY", hex.c_str(), 1);
    PutOne();
    EXPECT_FALSE(std::filesystem::exists(root_ / "secret.key"));
    setenv("TARN_SECRET_KEY", base64.c_str(), 1);
    EXPECT_EQ(**SecretStore(root_).Get("openai", "key"), kValue);
    unsetenv("TARN_SECRET_KEY");
    std::ofstream(root_ / "elsewhere") << hex << "\n";
    setenv("TARN_SECRET_KEY_FILE", (root_ / "elsewhere").c_str(), 1);
    EXPECT_EQ(**SecretStore(root_).Get("openai", "key"), kValue);
}

TEST_F(SecretStoreTest, AWrongKeyIsSaidSoAndWritesNothing) {
    PutOne();
    setenv("TARN_SECRET_KEY", "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", 1);
    SecretStore wrong(root_);
    auto value = wrong.Get("openai", "key");
    ASSERT_FALSE(value);
    EXPECT_NE(value.error().message.find("sealed with another key than the one in TARN_SECRET_KEY"), std::string::npos);
    EXPECT_FALSE(wrong.Put("openai", "key", "new"));
    setenv("TARN_SECRET_KEY", "short", 1);
    EXPECT_NE(SecretStore(root_).Get("openai", "key").error().message.find("not 32 bytes"), std::string::npos);
    unsetenv("TARN_SECRET_KEY");
    EXPECT_EQ(**SecretStore(root_).Get("openai", "key"), kValue);
}

TEST_F(SecretStoreTest, ALostKeyIsNotReplacedByANewOne) {
    PutOne();
    std::filesystem::remove(root_ / "secret.key");
    SecretStore store(root_);
    EXPECT_EQ(store.Get("openai", "key").error().condition, "RESOURCE_DOES_NOT_EXIST");
    EXPECT_FALSE(store.Put("openai", "key", "new"));
    EXPECT_FALSE(std::filesystem::exists(root_ / "secret.key"));
}

TEST_F(SecretStoreTest, AKeyThatOthersReadIsRefused) {
    PutOne();
    chmod((root_ / "secret.key").c_str(), 0644);
    EXPECT_NE(SecretStore(root_).Get("openai", "key").error().message.find("Others than its owner"), std::string::npos);
}

TEST_F(SecretStoreTest, ASealedValueCannotBeMovedOrChanged) {
    PutOne();
    ASSERT_TRUE(SecretStore(root_).Put("openai", "admin", "admin-value"));
    Meddle("UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE key = 'key') WHERE key = 'admin'");
    auto moved = SecretStore(root_).Get("openai", "admin");
    ASSERT_FALSE(moved);
    EXPECT_NE(moved.error().message.find("changed or moved"), std::string::npos);
    Meddle("UPDATE secrets SET sealed = x'00' WHERE key = 'key'");
    EXPECT_FALSE(SecretStore(root_).Get("openai", "key"));
}

}  // namespace
}  // namespace tarn::secrets
