#include "catalog/catalog.h"

#include <gtest/gtest.h>
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

TEST(NearestNames, OffersWhatIsClose) {
    EXPECT_EQ(NearestNames("user", {"users", "posts", "used_by"}, 2), (std::vector<std::string>{"users"}));
    EXPECT_TRUE(NearestNames("x", {"completely", "different"}, 3).empty());
}

}  // namespace
}  // namespace tarn::catalog
