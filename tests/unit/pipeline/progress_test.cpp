#include "pipeline/progress.h"

#include <gtest/gtest.h>

#include "scratch_folder.h"

namespace tarn::pipeline {
namespace {

TEST(Progress, AStateComesBackWhole) {
    ScratchFolder folder;
    ProgressStore store(folder.path() / "t" / "flow");
    FlowState state;
    state.files["/data/a*.json"] = {{"/data/a 1.json", 10, 20}, {"/data/ä\".json", 11, 21}};
    state.schemas["/data/a*.json"] = DataType::Struct(
        {{"odd `name`", DataType::Array(DataType::Struct({{"a b:c", DataType::Decimal(20, 0)}}))}, {"at", DataType::Of(TypeKind::kTimestamp)}});
    state.versions["main.shop.raw"] = 7;
    ASSERT_TRUE(store.Save(0, state));
    FlowState loaded = store.Load(0).value();
    EXPECT_EQ(loaded.files, state.files);
    EXPECT_EQ(loaded.schemas, state.schemas);
    EXPECT_EQ(loaded.versions, state.versions);
}

TEST(Progress, KeepsTheStateBefore) {
    ScratchFolder folder;
    ProgressStore store(folder.path());
    for (int64_t batch = 0; batch < 4; batch++) ASSERT_TRUE(store.Save(batch, {}));
    EXPECT_TRUE(store.Load(3));
    EXPECT_TRUE(store.Load(2));
    EXPECT_EQ(store.Load(1).error().kind, ErrorKind::kCorrupt);
    ASSERT_TRUE(store.Clear());
    EXPECT_FALSE(store.Load(3));
}

TEST(Progress, DamagedStatesAreErrors) {
    ScratchFolder folder;
    ProgressStore store(folder.path());
    for (const char *text : {"", "[]", "{}", "{\"files\":3}", "{\"files\":{\"k\":[{\"path\":1}]},\"schemas\":{},\"versions\":{}}",
                             "{\"files\":{},\"schemas\":{\"k\":{\"type\":\"struct\"}},\"versions\":{}}"}) {
        folder.Write("0.json", text);
        EXPECT_FALSE(store.Load(0)) << text;
    }
}

}  // namespace
}  // namespace tarn::pipeline
