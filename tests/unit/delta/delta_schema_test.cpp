#include "delta/schema.h"

#include "support.h"

namespace tarn::delta {
namespace {

std::string Json(const std::string &type, const std::string &metadata = "{}") {
    return R"({"type":"struct","fields":[{"name":"c","type":)" + type + R"(,"nullable":true,"metadata":)" + metadata +
           "}]}";
}

TEST(Schema, EveryTypeRoundTrips) {
    for (std::string type :
         {"\"string\"", "\"long\"", "\"integer\"", "\"short\"", "\"byte\"", "\"float\"", "\"double\"", "\"boolean\"",
          "\"binary\"", "\"date\"", "\"timestamp\"", "\"timestamp_ntz\"", "\"void\"", "\"variant\"",
          "\"decimal(10,2)\"", "\"decimal(38,38)\"",
          R"({"type":"array","elementType":"long","containsNull":false})",
          R"({"type":"map","keyType":"string","valueType":{"type":"array","elementType":"double","containsNull":true},)"
          R"("valueContainsNull":false})",
          R"({"type":"struct","fields":[{"name":"x","type":"long","nullable":false,"metadata":{}}]})"}) {
        auto schema = ParseSchema(Json(type));
        ASSERT_TRUE(schema) << type << schema.error().ToString();
        EXPECT_EQ(SchemaToJson(*schema), Json(type));
    }
}

TEST(Schema, KeepsMetadata) {
    std::string json = Json("\"long\"", R"({"comment":"a \"b\"","delta.columnMapping.id":4,)"
                                        R"("delta.columnMapping.physicalName":"col-1","x":[1,{"y":null}]})");
    auto schema = ParseSchema(json);
    ASSERT_TRUE(schema);
    EXPECT_EQ(SchemaToJson(*schema), json);
    const Field &field = schema->fields[0];
    EXPECT_EQ(MetadataText(field, "comment"), "a \"b\"");
    EXPECT_EQ(PhysicalName(field), "col-1");
    EXPECT_EQ(ColumnId(field), 4);
    EXPECT_EQ(MetadataText(field, "none"), std::nullopt);
}

TEST(Schema, ReadsCharsAndUserTypes) {
    auto schema = ParseSchema(Json("\"varchar(10)\""));
    ASSERT_TRUE(schema);
    EXPECT_EQ(schema->fields[0].type.kind, TypeKind::kString);
    EXPECT_EQ(MetadataText(schema->fields[0], "__CHAR_VARCHAR_TYPE_STRING"), "varchar(10)");
    schema = ParseSchema(Json(R"({"type":"udt","class":"x","sqlType":"double"})"));
    ASSERT_TRUE(schema);
    EXPECT_EQ(schema->fields[0].type.kind, TypeKind::kDouble);
}

TEST(Schema, RefusesNonsense) {
    for (std::string json : {std::string("nope"), std::string("\"long\""), std::string("{}"),
                             std::string(R"({"type":"struct"})"), Json("\"decimal(39,1)\""), Json("\"decimal(2,3)\""),
                             Json(R"({"type":"array"})"), Json("5"),
                             std::string(R"({"type":"struct","fields":[1]})")}) {
        auto schema = ParseSchema(json);
        ASSERT_FALSE(schema) << json;
        EXPECT_EQ(schema.error().kind, ErrorKind::kCorrupt) << json;
    }
    EXPECT_EQ(ParseSchema(Json("\"geometry\"")).error().condition, "DELTA_UNSUPPORTED_DATA_TYPES");
    std::string deep = "\"long\"";
    for (int i = 0; i < 300; i++) deep = R"({"type":"array","elementType":)" + deep + R"(,"containsNull":true})";
    EXPECT_FALSE(ParseSchema(Json(deep)));
}

TEST(Schema, SurvivesDamage) {
    std::mt19937_64 dice(5);
    std::string text = Json(R"({"type":"map","keyType":"string","valueType":{"type":"struct","fields":[]},)"
                            R"("valueContainsNull":false})", R"({"a":{"b":[1,2]}})");
    for (int i = 0; i < 20000; i++) (void)ParseSchema(Mutate(text, dice));
}

DataType S(std::vector<Field> fields) { return DataType::Struct(std::move(fields)); }
DataType T(TypeKind kind) { return DataType::Of(kind); }

TEST(MergeSchemas, AppendsNewColumnsInSourceOrder) {
    DataType table = S({{"a", T(TypeKind::kLong)}, {"s", S({{"x", T(TypeKind::kInt)}})}});
    DataType incoming = S({{"z", T(TypeKind::kString), false},
                           {"S", S({{"y", T(TypeKind::kDate)}, {"X", T(TypeKind::kInt)}})},
                           {"b", T(TypeKind::kDouble)}});
    auto merged = MergeSchemas(table, incoming);
    ASSERT_TRUE(merged) << merged.error().ToString();
    EXPECT_TRUE(merged->changed);
    EXPECT_EQ(merged->schema.ToString(), "struct<a:bigint,s:struct<x:int,y:date>,z:string,b:double>");
    EXPECT_EQ(merged->added, (std::vector<std::string>{"z", "S.y", "b"}));
    EXPECT_TRUE(merged->schema.FindField("z")->nullable) << "older rows have no value";
}

TEST(MergeSchemas, GrowsStructsInsideArrays) {
    DataType table = S({{"a", DataType::Array(S({{"x", T(TypeKind::kInt)}}))}});
    DataType incoming = S({{"a", DataType::Array(S({{"y", T(TypeKind::kInt)}}))}});
    EXPECT_EQ(MergeSchemas(table, incoming)->schema.ToString(), "struct<a:array<struct<x:int,y:int>>>");
}

TEST(MergeSchemas, SaysWhatDoesNotFit) {
    DataType table = S({{"a", T(TypeKind::kLong)}});
    EXPECT_FALSE(MergeSchemas(table, table)->changed);
    EXPECT_FALSE(MergeSchemas(table, S({{"a", T(TypeKind::kNull)}}))->changed) << "VOID fits anything";
    auto wrong = MergeSchemas(table, S({{"a", T(TypeKind::kString)}}));
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().condition, "DELTA_FAILED_TO_MERGE_FIELDS");
    EXPECT_NE(wrong.error().message.find("BIGINT"), std::string::npos);
    EXPECT_FALSE(MergeSchemas(table, S({{"a", DataType::Array(T(TypeKind::kLong))}})));
    EXPECT_FALSE(MergeSchemas(table, S({{"b", T(TypeKind::kLong)}}), {.add_columns = false}));
    EXPECT_EQ(MergeSchemas(table, S({{"b", T(TypeKind::kLong)}, {"B", T(TypeKind::kLong)}})).error().condition,
              "DELTA_DUPLICATE_COLUMNS_FOUND");
    EXPECT_EQ(MergeSchemas(S({{"a", T(TypeKind::kNull)}}), table)->schema, table) << "VOID takes the first real type";
}

TEST(MergeSchemas, WidensOnlyWhenAsked) {
    DataType table = S({{"a", T(TypeKind::kInt)}});
    DataType incoming = S({{"a", T(TypeKind::kLong)}});
    EXPECT_EQ(MergeSchemas(table, incoming)->schema, table) << "cast on write";
    EXPECT_EQ(MergeSchemas(table, incoming, {.widen_types = true})->schema, incoming);
    EXPECT_FALSE(MergeSchemas(table, incoming, {.implicit_casts = false}));
}

TEST(CanWiden, FollowsTheProtocol) {
    EXPECT_TRUE(CanWiden(T(TypeKind::kByte), T(TypeKind::kLong)));
    EXPECT_TRUE(CanWiden(T(TypeKind::kFloat), T(TypeKind::kDouble)));
    EXPECT_TRUE(CanWiden(T(TypeKind::kInt), T(TypeKind::kDouble)));
    EXPECT_TRUE(CanWiden(T(TypeKind::kDate), T(TypeKind::kTimestampNtz)));
    EXPECT_TRUE(CanWiden(T(TypeKind::kInt), DataType::Decimal(10, 0)));
    EXPECT_TRUE(CanWiden(DataType::Decimal(10, 2), DataType::Decimal(12, 4)));
    EXPECT_FALSE(CanWiden(DataType::Decimal(10, 2), DataType::Decimal(11, 4)));
    EXPECT_FALSE(CanWiden(T(TypeKind::kLong), T(TypeKind::kInt)));
    EXPECT_FALSE(CanWiden(T(TypeKind::kLong), T(TypeKind::kDouble)));
    EXPECT_FALSE(CanWiden(T(TypeKind::kLong), DataType::Decimal(19, 0)));
    EXPECT_FALSE(CanWiden(T(TypeKind::kString), T(TypeKind::kLong)));
}

}  // namespace
}  // namespace tarn::delta
