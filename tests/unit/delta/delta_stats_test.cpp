#include "delta/stats.h"

#include "support.h"

namespace tarn::delta {
namespace {

using Text = std::optional<std::string>;

ColumnStats Column(const std::string &name, TypeKind kind, Text min, Text max, std::optional<int64_t> nulls = 0) {
    return {.path = {name}, .type = DataType::Of(kind), .min = std::move(min), .max = std::move(max),
            .null_count = nulls};
}

std::string BuildOne(const ColumnStats &column) {
    return BuildStats(1, {column}, DataType::Struct({{column.path[0], column.type}}));
}

// "min..max" as JSON.
std::string Bounds(TypeKind kind, const std::string &min, const std::string &max, bool exact = true) {
    ColumnStats column = Column("c", kind, min, max);
    column.max_is_exact = exact;
    std::string stats = BuildOne(column);
    FileStats::Bounds bounds = FileStats(stats).Of({"c"});
    return bounds.min.value_or("-") + ".." + bounds.max.value_or("-");
}

TEST(BuildStats, WritesNestedColumnsInSchemaOrder) {
    DataType schema = DataType::Struct(
        {{"id", DataType::Of(TypeKind::kLong)},
         {"u", DataType::Struct({{"name", DataType::Of(TypeKind::kString)}, {"tags", DataType::Array(DataType())}})},
         {"ok", DataType::Of(TypeKind::kBoolean)}});
    std::vector<ColumnStats> columns = {
        Column("ok", TypeKind::kBoolean, "false", "true", 0), Column("id", TypeKind::kLong, "1", "9", 0),
        {.path = {"u", "name"}, .type = DataType::Of(TypeKind::kString), .min = "a\"b", .max = "z", .null_count = 2},
        {.path = {"u", "tags"}, .type = DataType::Array(DataType()), .null_count = 3}};
    std::string stats = BuildStats(5, columns, schema);
    EXPECT_EQ(stats, R"({"numRecords":5,"minValues":{"id":1,"u":{"name":"a\"b"}},"maxValues":{"id":9,"u":{"name":)"
                     R"("z"}},"nullCount":{"id":0,"u":{"name":2,"tags":3},"ok":0},"tightBounds":true})");
    FileStats read(stats);
    EXPECT_EQ(read.NumRecords(), 5);
    EXPECT_EQ(read.Of({"u", "name"}).min, "a\"b");
    EXPECT_EQ(read.Of({"u", "tags"}).null_count, 3);
    auto top = read.OfColumns({"ok", "id", "none"});
    EXPECT_EQ(top[0].null_count, 0);
    EXPECT_EQ(top[1].max, "9");
    EXPECT_EQ(top[2].max, std::nullopt);
}

TEST(BuildStats, KeepsTheFirstColumnsOnly) {
    DataType schema = DataType::Struct({});
    std::vector<ColumnStats> columns;
    for (int i = 0; i < 40; i++) {
        std::string name = "c" + std::to_string(i);
        schema.fields.push_back({name, DataType::Of(TypeKind::kInt)});
        columns.push_back(Column(name, TypeKind::kInt, "1", "2"));
    }
    std::string by_default = BuildStats(1, columns, schema);
    EXPECT_EQ(FileStats(by_default).Of({"c31"}).min, "1");
    EXPECT_EQ(FileStats(by_default).Of({"c32"}).min, std::nullopt);
    Metadata metadata;
    metadata.configuration["delta.dataSkippingNumIndexedCols"] = "-1";
    std::string all = BuildStats(1, columns, schema, StatsOptionsOf(metadata));
    EXPECT_EQ(FileStats(all).Of({"c39"}).min, "1");
    metadata.configuration["delta.dataSkippingNumIndexedCols"] = "0";
    EXPECT_EQ(BuildStats(1, columns, schema, StatsOptionsOf(metadata)),
              R"({"numRecords":1,"minValues":{},"maxValues":{},"nullCount":{},"tightBounds":true})");
}

// A table with a struct and a name that needs quotes.
Metadata Listed(const std::string &columns) {
    Metadata metadata;
    metadata.schema = DataType::Struct({{"a", DataType::Of(TypeKind::kInt)},
                                        {"s", DataType::Struct({{"x", DataType::Of(TypeKind::kInt)}, {"y.z", DataType::Of(TypeKind::kString)}})},
                                        {"m", DataType::Of(TypeKind::kBinary)}});
    metadata.configuration["delta.dataSkippingStatsColumns"] = columns;
    return metadata;
}

TEST(StatsColumns, TakesThoseThatAreListed) {
    auto listed = [](const std::string &columns) {
        Metadata metadata = Listed(columns);
        std::string text;
        for (auto &path : StatsColumns(metadata.schema, StatsOptionsOf(metadata))) {
            for (auto &part : path) text += part + (&part == &path.back() ? " " : "/");
        }
        return text;
    };
    EXPECT_EQ(listed(""), "");
    EXPECT_EQ(listed("a"), "a ");
    EXPECT_EQ(listed(" S , A"), "a s/x s/y.z ");
    EXPECT_EQ(listed("s.`y.z`"), "s/y.z ");
    EXPECT_EQ(listed("s.y.z, gone, a"), "a ") << "what is not there any more";
    EXPECT_EQ(listed("a,"), "a s/x s/y.z m ") << "not ours: as if it were not there";
    EXPECT_TRUE(HasStats(Listed("s"), {"s", "X"}));
    EXPECT_FALSE(HasStats(Listed("s"), {"a"}));
}

TEST(StatsColumns, AreChecked) {
    auto condition = [](const std::string &columns) {
        auto checked = CheckStatsColumns(Listed(columns));
        return checked ? "" : checked.error().condition;
    };
    for (const char *good : {"", "a", "a, s", "s.x,s.`y.z`", "`a`"}) EXPECT_EQ(condition(good), "") << good;
    for (const char *bad : {",", "a,", "a..x", "`a", "a`", "`a`b", "a b,"}) EXPECT_EQ(condition(bad), "INVALID_PARAMETER_VALUE") << bad;
    EXPECT_EQ(condition("``"), "DELTA_COLUMN_NOT_FOUND_IN_SCHEMA");
    EXPECT_EQ(condition("a b"), "DELTA_COLUMN_NOT_FOUND_IN_SCHEMA");
    EXPECT_EQ(condition("a.x"), "DELTA_COLUMN_NOT_FOUND_IN_SCHEMA");
    EXPECT_EQ(condition("m"), "DELTA_COLUMN_DATA_SKIPPING_NOT_SUPPORTED_TYPE");
    EXPECT_EQ(condition("s.x, s"), "DELTA_DUPLICATE_DATA_SKIPPING_COLUMNS");
}

TEST(StatsColumns, CutTextsWhereTheTableSaysSo) {
    Metadata metadata;
    metadata.configuration["delta.dataSkippingStringPrefixLength"] = "3";
    DataType schema = DataType::Struct({{"c", DataType::Of(TypeKind::kString)}});
    FileStats::Bounds bounds = FileStats(BuildStats(1, {Column("c", TypeKind::kString, "abcdef", "abcdef")}, schema, StatsOptionsOf(metadata))).Of({"c"});
    EXPECT_EQ(bounds.min, "abc");
    EXPECT_EQ(bounds.max, "abd");
}

TEST(BuildStats, BoundsStayBounds) {
    EXPECT_EQ(Bounds(TypeKind::kLong, "-9223372036854775808", "9223372036854775807"),
              "-9223372036854775808..9223372036854775807");
    EXPECT_EQ(Bounds(TypeKind::kDouble, "-1.5e-10", "1e+20"), "-1.5e-10..1e+20");
    EXPECT_EQ(Bounds(TypeKind::kDouble, "-inf", "nan"), "-..-");
    EXPECT_EQ(Bounds(TypeKind::kDecimal, "-0.01", "12345678901234567890.123456789012345678"),
              "-0.01..12345678901234567890.123456789012345678");
    EXPECT_EQ(Bounds(TypeKind::kDate, "0001-01-01", "9999-12-31"), "0001-01-01..9999-12-31");
    EXPECT_EQ(Bounds(TypeKind::kDate, "0044-03-15 (BC)", "12024-01-01"), "-..-");
    EXPECT_EQ(Bounds(TypeKind::kBinary, "a", "b"), "-..-");
    ColumnStats nan = Column("c", TypeKind::kDouble, "1.0", "2.0");
    nan.has_nan = true;
    EXPECT_EQ(BuildOne(nan),
              R"({"numRecords":1,"minValues":{},"maxValues":{},"nullCount":{"c":0},"tightBounds":true})");
}

TEST(BuildStats, TimestampsAreCutToMilliseconds) {
    EXPECT_EQ(Bounds(TypeKind::kTimestamp, "2024-02-29 12:00:00.123456+00", "2024-02-29 23:59:59.999001+00"),
              "2024-02-29T12:00:00.123Z..2024-03-01T00:00:00.000Z");
    EXPECT_EQ(Bounds(TypeKind::kTimestamp, "2024-02-29 12:00:00+00", "2024-02-29 12:00:00.5+05:30"),
              "2024-02-29T12:00:00.000Z..2024-02-29T06:30:00.500Z");
    EXPECT_EQ(Bounds(TypeKind::kTimestampNtz, "1969-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999"),
              "1969-12-31T23:59:59.999..1970-01-01T00:00:00.000");
    EXPECT_EQ(Bounds(TypeKind::kTimestamp, "infinity", "2024-13-01 00:00:00"), "-..-");
}

TEST(BuildStats, LongTextsAreCut) {
    std::string a32(32, 'a');
    EXPECT_EQ(Bounds(TypeKind::kString, a32, a32), a32 + ".." + a32);
    EXPECT_EQ(Bounds(TypeKind::kString, a32 + "x", a32 + "x"), a32 + ".." + std::string(31, 'a') + "b");
    EXPECT_EQ(Bounds(TypeKind::kString, "ab", "ab", false), "ab..ac") << "a prefix must be raised";
    // Cut between characters, never inside one; the greatest character cannot be raised, so the one before is.
    std::string umlauts, top;
    for (int i = 0; i < 33; i++) umlauts += "ü", top += i == 0 ? "b" : "\xf4\x8f\xbf\xbf";
    EXPECT_EQ(Bounds(TypeKind::kString, umlauts, umlauts), umlauts.substr(0, 64) + ".." + umlauts.substr(0, 62) + "ý");
    EXPECT_EQ(Bounds(TypeKind::kString, "a", top), "a..c");
    EXPECT_EQ(Bounds(TypeKind::kString, "a", "\xed\x9f\xbf", false), "a..\xee\x80\x80") << "over the surrogates";
    EXPECT_EQ(Bounds(TypeKind::kString, "\xff", "\xff"), "-..-") << "not UTF-8";
}

TEST(FileStats, AnswersNothingForDamage) {
    for (std::string text : {"", "nope", "[1]", R"({"numRecords":)", R"({"numRecords":"x"})", R"({"numRecords":-1})",
                             R"({"minValues":5,"maxValues":[1],"nullCount":"x"})"}) {
        FileStats stats(text);
        EXPECT_EQ(stats.NumRecords(), std::nullopt) << text;
        EXPECT_TRUE(stats.TightBounds());
        EXPECT_EQ(stats.Of({"a"}).min, std::nullopt);
        EXPECT_EQ(stats.OfColumns({"a"})[0].null_count, std::nullopt);
    }
}

TEST(FileStats, SurvivesDamage) {
    std::mt19937_64 dice(3);
    std::string text =
        R"({"numRecords":5,"minValues":{"a":1.50,"u":{"n":"x"}},"maxValues":{"a":2},"nullCount":{"a":0}})";
    for (int i = 0; i < 20000; i++) {
        std::string damaged = Mutate(text, dice);
        FileStats stats(damaged);
        (void)stats.NumRecords();
        (void)stats.Of({"u", "n"});
        (void)stats.OfColumns({"a", "b"});
        (void)WithWideBounds(damaged);
    }
}

TEST(WithWideBounds, ChangesNothingElse) {
    EXPECT_EQ(WithWideBounds(R"({"numRecords":5, "maxValues":{"d":1234567890123456789.10}})"),
              R"({"numRecords":5, "maxValues":{"d":1234567890123456789.10},"tightBounds":false})");
    EXPECT_EQ(WithWideBounds(R"({"tightBounds": true ,"numRecords":5})"), R"({"tightBounds": false ,"numRecords":5})");
    EXPECT_EQ(WithWideBounds(""), "");
    EXPECT_FALSE(FileStats(R"({"tightBounds":false})").TightBounds());
}

}  // namespace
}  // namespace tarn::delta
