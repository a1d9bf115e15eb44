#include "extjson/path.h"

#include <gtest/gtest.h>

namespace tarn::extjson {
namespace {

// The value at a path in its text form, see base/json_path.h; "NULL" for none.
std::string At(std::string_view json, std::string_view path) {
    auto steps = ParsePathText(path);
    if (!steps) return "no path";
    return ExtractPath(json, *steps).value_or("NULL");
}

TEST(JsonPath, TextFormSaysTheSteps) {
    using Kind = PathStep::Kind;
    std::vector<PathStep> path = {{Kind::kAnyCase, "a.b[\\'"}, {Kind::kExact, "x'].y\\"}, {Kind::kIndex, "", 42}, {Kind::kAll}, {Kind::kAnyCase, ""}};
    auto back = ParsePathText(PathText(path));
    ASSERT_TRUE(back);
    ASSERT_EQ(back->size(), path.size());
    for (size_t i = 0; i < path.size(); i++) {
        EXPECT_EQ((*back)[i].kind, path[i].kind);
        EXPECT_EQ((*back)[i].name, path[i].name);
        EXPECT_EQ((*back)[i].index, path[i].index);
    }
    for (std::string_view bad : {"a", "['a", "['a'", "[", "[x]", "[-1]", "[1", "[99999999999]", "[*", "]"}) EXPECT_FALSE(ParsePathText(bad)) << bad;
}

TEST(JsonPath, TakesOneValue) {
    std::string_view json = R"( {"a": {"B": [1, 2.50, {"c": "x\"y"}]}, "n": null, "t": true, "o": { "k" : [ ] }, "big": 18446744073709551615} )";
    EXPECT_EQ(At(json, ".a.b[0]"), "1");
    EXPECT_EQ(At(json, ".A.b[2].c"), "x\"y");
    EXPECT_EQ(At(json, "['a']['B'][2]"), R"({"c":"x\"y"})");
    EXPECT_EQ(At(json, "['A']"), "NULL");
    EXPECT_EQ(At(json, ".o"), R"({"k":[]})");
    EXPECT_EQ(At(json, ".t"), "true");
    EXPECT_EQ(At(json, ".big"), "18446744073709551615");
    for (const char *nothing : {".n", ".a.b[3]", ".a[0]", ".a.b.c", ".t.x", ".x"}) EXPECT_EQ(At(json, nothing), "NULL") << nothing;
    for (const char *bad : {"", "{", "no", "{\"a\":1} x", "\xff"}) EXPECT_EQ(At(bad, ".a"), "NULL") << bad;
    EXPECT_EQ(At("\"text\"", ""), "text");
    std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    EXPECT_EQ(At(deep, "[0]"), "NULL") << "too deep for the parser, no crash";
}

TEST(JsonPath, TakesFromEveryElement) {
    std::string_view json = R"({"a":[{"b":[1,2]},{"b":[3]},{"c":0},5]})";
    EXPECT_EQ(At(json, ".a[*].b"), "[[1,2],[3],null,null]");
    EXPECT_EQ(At(json, ".a[*].b[*]"), "[1,2,3,null,null]");
    EXPECT_EQ(At(json, ".a[*].b[0]"), "[1,3,null,null]");
    EXPECT_EQ(At(json, ".a[0].b[*]"), "[1,2]");
    EXPECT_EQ(At(json, "[*]"), "NULL");
    EXPECT_EQ(At("[]", "[*]"), "[]");
}

}  // namespace
}  // namespace tarn::extjson
