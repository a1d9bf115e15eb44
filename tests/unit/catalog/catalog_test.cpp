#include "catalog/catalog.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

namespace tarn::catalog {
namespace {

class CatalogTest : public testing::Test {
protected:
    void SetUp() override {
        root_ = std::filesystem::temp_directory_path() / ("tarn_catalog_" + std::to_string(getpid()));
        std::filesystem::remove_all(root_);
    }
    void TearDown() override { std::filesystem::remove_all(root_); }

    std::unique_ptr<Catalog> Open() {
        auto opened = Catalog::Open(root_);
        EXPECT_TRUE(opened) << opened.error().ToString();
        return std::move(*opened);
    }

    std::filesystem::path root_;
};

TEST_F(CatalogTest, ANewRootHasMainDefault) {
    auto catalog = Open();
    EXPECT_EQ(catalog->ListCatalogs().value(), std::vector<std::string>{"main"});
    EXPECT_TRUE(catalog->SchemaExists("MAIN", "Default").value());
}

TEST_F(CatalogTest, TablesSurviveReopening) {
    TableEntry view;
    view.name = {"main", "default", "Recent"};
    view.kind = TableKind::kView;
    view.view_text = "SELECT 'it''s' AS `a b`";
    view.view_columns = {"a b"};
    view.properties = {{"owner", "data"}};
    ASSERT_TRUE(Open()->PutTable(view, false));

    auto found = Open()->FindTable({"main", "default", "RECENT"}).value();
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->IsView());
    EXPECT_EQ(found->view_text, view.view_text);
    EXPECT_EQ(found->view_columns, view.view_columns);
    EXPECT_EQ(found->properties, view.properties);
    EXPECT_GT(found->created_at_ms, 0);
}

TEST_F(CatalogTest, ARootCanBeMoved) {
    TableEntry inside, outside;
    inside.name = {"main", "default", "inside"};
    inside.location = root_ / "warehouse" / "inside";
    outside.name = {"main", "default", "outside"};
    outside.location = "s3://lake/outside";
    {
        auto catalog = Open();
        ASSERT_TRUE(catalog->PutTable(inside, false));
        ASSERT_TRUE(catalog->PutTable(outside, false));
        ASSERT_TRUE(catalog->StartManaging(inside.location, 7));
        ASSERT_TRUE(catalog->NoteFilters(inside.location, {"id"}, 5));
        EXPECT_EQ(catalog->FindTable(inside.name).value()->location, inside.location);
    }
    std::filesystem::path before = root_;
    root_ += "_moved";
    std::filesystem::remove_all(root_);
    std::filesystem::rename(before, root_);
    auto catalog = Open();
    std::string location = root_ / "warehouse" / "inside";
    EXPECT_EQ(catalog->FindTable(inside.name).value()->location, location);
    EXPECT_EQ(catalog->FindTable(outside.name).value()->location, outside.location);
    EXPECT_EQ(catalog->FindManaged(location).value()->version, 7);
    EXPECT_TRUE(catalog->ManagedVersions().value().contains(location));
    EXPECT_EQ(catalog->FilterUses(location, 0).value().size(), 1u);
    TableEntry dropped = *catalog->FindTable(inside.name).value();
    ASSERT_TRUE(catalog->DropTable({"id", dropped, root_ / "warehouse" / "kept", 1}));
    EXPECT_EQ(catalog->ListDropped().value().at(0).kept_at, root_ / "warehouse" / "kept");
}

// As a metastore of version 4 left it.
TEST_F(CatalogTest, AbsoluteLocationsOfOldMetastoresAreMadeRelative) {
    ASSERT_TRUE(Open());
    sqlite3 *db = nullptr;
    ASSERT_EQ(sqlite3_open((root_ / "metastore.db").c_str(), &db), SQLITE_OK);
    std::string sql = "PRAGMA user_version = 4; INSERT INTO tables VALUES ('main', 'default', 't', 'MANAGED', '" + (root_ / "warehouse" / "tä").string() +
                      "', '', '', '', '', '[]', '{}', 1); INSERT INTO managed VALUES ('" + (root_ / "warehouse" / "tä").string() + "', 3)";
    ASSERT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(db);
    std::string location = root_ / "warehouse" / "tä";
    EXPECT_EQ(Open()->FindTable({"main", "default", "t"}).value()->location, location);
    EXPECT_EQ(Open()->FindManaged(location).value()->version, 3);
    std::filesystem::path before = root_;
    root_ += "_moved";
    std::filesystem::remove_all(root_);
    std::filesystem::rename(before, root_);
    EXPECT_EQ(Open()->FindTable({"main", "default", "t"}).value()->location, root_ / "warehouse" / "tä");
}

TEST_F(CatalogTest, ErrorsNameTheirClass) {
    auto catalog = Open();
    TableEntry table;
    table.name = {"main", "default", "t"};
    ASSERT_TRUE(catalog->PutTable(table, false));
    EXPECT_EQ(catalog->PutTable(table, false).error().condition, "TABLE_OR_VIEW_ALREADY_EXISTS");
    EXPECT_TRUE(catalog->PutTable(table, true));
    EXPECT_EQ(catalog->DropSchema("main", "default").error().condition, "SCHEMA_NOT_EMPTY");
    EXPECT_EQ(catalog->DropSchema("main", "nowhere").error().condition, "SCHEMA_NOT_FOUND");
    EXPECT_EQ(catalog->CreateSchema({"main", "default", ""}).error().condition, "SCHEMA_ALREADY_EXISTS");
    ASSERT_TRUE(catalog->RemoveTable(table.name));
    EXPECT_EQ(catalog->RemoveTable(table.name).error().condition, "TABLE_OR_VIEW_NOT_FOUND");
    table.name.schema = "nowhere";
    EXPECT_EQ(catalog->PutTable(table, false).error().condition, "SCHEMA_NOT_FOUND");
}

TEST_F(CatalogTest, CommitsAreRatifiedInOrderAndTogether) {
    auto catalog = Open();
    EXPECT_FALSE(catalog->FindManaged("/a").value());
    EXPECT_FALSE(catalog->Ratify({{"/a", 1, "x"}}).value()) << "an unmanaged table has no next version";
    ASSERT_TRUE(catalog->StartManaging("/a", 0));
    ASSERT_TRUE(catalog->StartManaging("/b", 7));
    EXPECT_TRUE(catalog->Ratify({{"/a", 1, "one"}}).value());
    EXPECT_FALSE(catalog->Ratify({{"/a", 1, "another"}}).value()) << "a version is ratified once";
    EXPECT_FALSE(catalog->Ratify({{"/a", 3, "gap"}}).value());
    EXPECT_FALSE(catalog->Ratify({{"/b", 8, "eight"}, {"/a", 1, "late"}}).value()) << "all of them or none";
    EXPECT_EQ(catalog->ManagedVersions().value(), (std::map<std::string, int64_t>{{"/a", 1}, {"/b", 7}}));
    EXPECT_TRUE(catalog->Ratify({{"/a", 2, "two"}, {"/a", 3, "three"}, {"/b", 8, "eight"}}).value());

    ASSERT_TRUE(catalog->MarkPublished("/a", 2));
    auto found = Open()->FindManaged("/a").value();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->version, 3);
    ASSERT_EQ(found->unpublished.size(), 1u);
    EXPECT_EQ(found->unpublished[0].file, "three");
    ASSERT_TRUE(catalog->StopManaging("/a"));
    EXPECT_FALSE(catalog->FindManaged("/a").value());
}

TEST_F(CatalogTest, TwoProcessesNeverRatifyTheSameVersion) {
    auto first = Open(), second = Open();
    ASSERT_TRUE(first->StartManaging("/t", 0));
    int won = 0;
    for (int64_t version = 1; version <= 50; version++) {
        bool a = (version % 2 ? first : second)->Ratify({{"/t", version, "a"}}).value();
        bool b = (version % 2 ? second : first)->Ratify({{"/t", version, "b"}}).value();
        won += a + b;
    }
    EXPECT_EQ(won, 50);
}

}  // namespace
}  // namespace tarn::catalog
