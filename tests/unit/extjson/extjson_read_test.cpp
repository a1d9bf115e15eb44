#include "rows.h"

namespace tarn::extjson {
namespace {

using nlohmann::json;

// 2010-08-25T18:10:17Z
constexpr int64_t kMicros = 1282759817000000;

DataType OneColumn(DataType type) { return DataType::Struct({Field{"a", std::move(type)}}); }

TEST(Read, MongoDocuments) {
    auto rows = LoadText(
        R"([{"_id":{"$oid":"4c755c899ace9ffe23ef498b"},"created_at":{"$date":"2010-08-25T18:10:17Z"},"n":1,"ok":true},
{"_id":{"$oid":"4c"},"n":null,"status":{"tier":"gold \u2600 \"x\"\n"},"x":-2.5}])");
    EXPECT_EQ(rows, json::parse(R"([
        {"id_oid":"4c755c899ace9ffe23ef498b","created_at_date":1282759817000000,"n":1,"ok":true,"status_tier":null,"x":null},
        {"id_oid":"4c","created_at_date":null,"n":null,"ok":null,"status_tier":"gold ☀ \"x\"\n","x":-2.5}])"));
}

TEST(Read, ArraysOfStructs) {
    auto rows = LoadText(
        R"({"v":[{"i":1,"w":{"$numberInt":"2"}},{"w":3},null]}{"v":[]}{}{"v":null}{"v":[{"t":[{"$date":0},null],"o":["a","b"]}]})");
    EXPECT_EQ(rows, json::parse(R"([
        {"v":[{"i":1,"w":2,"t":null,"o":null},{"i":null,"w":3,"t":null,"o":null},null]},
        {"v":[]},{"v":null},{"v":null},
        {"v":[{"i":null,"w":null,"t":[0,null],"o":["a","b"]}]}])"));
}

TEST(Read, DatesInEveryForm) {
    auto rows = LoadText(R"({"d":{"$date":"2010-08-25T18:10:17Z"}}
        {"d":{"$date":1282759817000}}{"d":{"$date":{"$numberLong":"1282759817000"}}}{"d":{"$date":"2010-08-25 20:10:17+02:00"}}
        { "d" : { "$date" : "2010-08-25T18:10:17.1234567Z" } }{"d":{"$date":"2010-08-25T18:10:17.1Z"}}{"d":{"$date":"1969-12-31T23:59:59.999Z"}}
        {"d":null}{"d":{"$date":null}})");
    std::vector<json> got;
    for (auto &row : rows) {
        got.push_back(row["d_date"]);
        EXPECT_FALSE(row.contains("_rescued")) << row;
    }
    EXPECT_EQ(json(got),
              json({kMicros, kMicros, kMicros, kMicros, kMicros + 123456, kMicros + 100000, -1000, nullptr, nullptr}));
}

TEST(Read, BadDatesAreRescued) {
    auto rows = LoadText(
        R"({"d":{"$date":""},"n":{"x":1}}{"d":{"$date":"soon"}}{"d":{"$date":"2010-02-30T00:00:00Z"}}{"d":{"$date":{"x":[1, 2]}}}{"d":{"$date":true}})");
    ASSERT_EQ(rows.size(), 5u);
    for (auto &row : rows) EXPECT_EQ(row["d_date"], nullptr);
    EXPECT_EQ(rows[0]["_rescued"], json::parse(R"({"d":{"$date":""},"_file_path":"users.json"})"));
    EXPECT_EQ(rows[3]["_rescued"], json::parse(R"({"d":{"$date":{"x":[1,2]}},"_file_path":"users.json"})"));
}

TEST(Read, NumbersAreExact) {
    auto rows = LoadText(
        R"({"a":9223372036854775807,"b":12345678901234567890,"c":{"$numberDecimal":"-0.10"},"d":{"$numberDouble":"-Infinity"},"e":0.1}
        {"a":-9223372036854775808,"b":-1,"c":{"$numberDecimal":"1E+2"},"d":{"$numberDouble":"NaN"},"e":1e400}
        {"a":-0,"b":0,"c":{"$numberDecimal":"0"},"d":{"$numberDouble":"2.0E-7"},"e":5})");
    EXPECT_EQ(rows, json::parse(R"([
        {"a":9223372036854775807,"b":"12345678901234567890","c":"-0.10","d":"-Infinity","e":0.1},
        {"a":-9223372036854775808,"b":"-1","c":"100.00","d":"NaN","e":"Infinity"},
        {"a":0,"b":"0","c":"0.00","d":2.0e-7,"e":5.0}])"));
}

TEST(Read, MixedScalarsAreJsonText) {
    EXPECT_EQ(LoadText(R"({"a":"x"}{"a":1.50}{"a":true}{"a":{"$numberLong":"7"}}{"a":[1, {"b":2}]}{"a":null})"),
              json::parse(R"([{"a":"x"},{"a":"1.50"},{"a":"true"},{"a":"7"},{"a":"[1, {\"b\":2}]"},{"a":null}])"));
    EXPECT_EQ(LoadText(R"({"a":{"x": 1}}{"a":"s"})", Mode::kJson), json::parse(R"([{"a":"{\"x\": 1}"},{"a":"s"}])"));
}

TEST(Read, Wrappers) {
    auto rows = LoadText(
        R"({"b":{"$binary":{"base64":"aGk=","subType":"00"}},"c":{"$binary":"aGk=","$type":"00"},"t":{"$timestamp":{"t":5,"i":6}}}
        {"b":{"$binary":{"subType":"00"}},"u":{"$undefined":true},"l":[{"$binary":{"base64":"aGk=","subType":"00"}},{"$binary":"aGk","$type":"00"}]})");
    EXPECT_EQ(rows, json::parse(R"([
        {"b_binary":{"bytes":"hi"},"c_binary":{"bytes":"hi"},"t_timestamp_t":5,"t_timestamp_i":6,"l":null,"u":null},
        {"b_binary":null,"c_binary":null,"t_timestamp_t":null,"t_timestamp_i":null,"u":null,"l":[{"bytes":"hi"},{"bytes":"hi"}],
         "_rescued":{"b":{"$binary":{"subType":"00"}},"_file_path":"users.json"}}])"));
    EXPECT_EQ(LoadText(R"({"a":[{"$oid":"x"},{"$oid":"y\n"},null],"d":[{"$date":1},{"$date":{"$numberLong":"2"}}]})"),
              json::parse(R"([{"a":["x","y\n",null],"d":[1000,2000]}])"));
    EXPECT_EQ(LoadText(R"({"a":[{"x":1},{"$undefined":true},{"x":{"$undefined":true}},null]})"),
              json::parse(R"([{"a":[{"x":1},null,{"x":null},null]}])"));
}

DataType StructOf(const std::string &name, DataType type) { return DataType::Struct({Field{name, std::move(type)}}); }

// What inference refuses for the whole input, a reader by a given schema refuses within a document.
TEST(Read, TwoFieldsThatBecomeOneColumn) {
    DataType number = StructOf("user_id", DataType::Of(TypeKind::kLong));
    EXPECT_EQ(ReadText(R"({"user_id":6} {"user":{"id":7}} {"user_id":8,"user":{"id":null}} {"user_id":null,"user":{"id":9}}
                          {"user_id":10,"user":null} {"user_id":11,"user":{}} {"user_id":12,"user":{"id":{"$undefined":true}}})", number),
              json::parse(R"([{"user_id":6},{"user_id":7},{"user_id":8},{"user_id":9},{"user_id":10},{"user_id":11},{"user_id":12}])"));
    EXPECT_EQ(ReadText(R"({"user_id":5} {"user_id":6,"user":{"id":7}})", number),
              "[COLUMN_ALREADY_EXISTS] users.json at byte 40: the field `user.id` becomes the column `user_id`, as `user_id` of the same "
              "document does. SQLSTATE: 42711");
    DataType list = DataType::Array(DataType::Of(TypeKind::kLong));
    DataType map = DataType::Map(DataType::Of(TypeKind::kString), DataType::Of(TypeKind::kLong));
    const std::vector<std::pair<DataType, std::string>> kTwice = {
        {number, R"({"user":{"id":7},"user_id":6})"},
        {number, R"({"user_id":6,"user":{"id":{"$numberLong":"7"}}})"},
        {StructOf("v", DataType::Array(number)), R"({"v":[{"user_id":1},{"user_id":6,"user":{"id":7}}]})"},
        {StructOf("a_b", list), R"({"a_b":[1],"a":{"b":[2]}})"},
        {StructOf("a_b", DataType::Of(TypeKind::kString)), R"({"a_b":"x","a":{"b":"y"}})"},
        {StructOf("a_b", DataType::Of(TypeKind::kString)), R"({"a":{"b":[1]},"a_b":"x"})"},
        {StructOf("a_b", number), R"({"a_b":{"user_id":1},"a":{"b":{"user_id":2}}})"},
        {StructOf("a_b", map), R"({"a_b":{"x":1},"a":{"b":{"x":2}}})"},
        {StructOf("id_oid", DataType::Of(TypeKind::kString)), R"({"id":{"$oid":"x"},"_id":{"$oid":"y"}})"},
        {StructOf("at_date", DataType::Of(TypeKind::kTimestamp)), R"({"at":{"$date":"2024-01-01T00:00:00Z"},"_at":{"$date":"2024-01-02T00:00:00Z"}})"},
        {StructOf("b_binary", DataType::Of(TypeKind::kBinary)), R"({"b_binary":"aGk=","b":{"$binary":{"base64":"aGk=","subType":"00"}}})"},
    };
    for (const auto &[schema, text] : kTwice) {
        json outcome = ReadText(text, schema);
        ASSERT_TRUE(outcome.is_string()) << text << outcome;
        EXPECT_NE(outcome.get<std::string>().find("[COLUMN_ALREADY_EXISTS] users.json at byte"), std::string::npos) << outcome;
    }
}

TEST(Read, StructsInJsonMode) {
    EXPECT_EQ(LoadText(R"({"a":{"b":{"c":1}},"l":[{"x":"y"}]}{"a":{"b":null}}{"a":null})", Mode::kJson),
              json::parse(R"([{"a":{"b":{"c":1}},"l":[{"x":"y"}]},{"a":{"b":null},"l":null},{"a":null,"l":null}])"));
}

TEST(Read, WhatDoesNotFitIsRescued) {
    DataType schema = DataType::Struct(
        {Field{"n", DataType::Of(TypeKind::kLong)}, Field{"v", DataType::Array(DataType::Of(TypeKind::kLong))}});
    auto rows = ReadText(
        R"({"n":"x","new":{"a":[1],"b":{"c":"d"}},"e":5}{"n":1.5,"v":[1,"x",2]}{"n":1,"v":{"a":1}}{"n":[1],"v":7}{"n":2,"v":[3]})",
        schema);
    ASSERT_EQ(rows.size(), 5u);
    EXPECT_EQ(
        rows[0],
        json::parse(
            R"({"n":null,"v":null,"_rescued":{"n":"x","new":{"a":[1],"b":{"c":"d"}},"e":5,"_file_path":"users.json"}})"));
    EXPECT_EQ(rows[1],
              json::parse(R"({"n":null,"v":[1,null,2],"_rescued":{"n":1.5,"v":[1,"x",2],"_file_path":"users.json"}})"));
    EXPECT_EQ(rows[2], json::parse(R"({"n":1,"v":null,"_rescued":{"v":{"a":1},"_file_path":"users.json"}})"));
    EXPECT_EQ(rows[3], json::parse(R"({"n":null,"v":null,"_rescued":{"n":[1],"v":7,"_file_path":"users.json"}})"));
    EXPECT_EQ(rows[4], json::parse(R"({"n":2,"v":[3]})"));
    ReadOptions options;
    options.rescue = false;
    EXPECT_EQ(ReadText(R"({"n":"x","new":1})", schema, options), json::parse(R"([{"n":null,"v":null}])"));
}

TEST(Read, EmptyObjectsAreNotRescued) {
    for (Mode mode : {Mode::kMongo, Mode::kJson}) {
        EXPECT_EQ(LoadText(R"({"a":{},"b":[{ }],"c":1}{"b":[]})", mode), json::parse(R"([{"c":1},{"c":null}])"));
    }
    EXPECT_EQ(ReadText(R"({"a":[]})", OneColumn(DataType::Of(TypeKind::kLong)))[0]["_rescued"]["a"], json::array());
}

TEST(Read, CaseCounts) {
    EXPECT_EQ(ReadText(R"({"A":1})", OneColumn(DataType::Of(TypeKind::kLong))),
              json::parse(R"([{"a":null,"_rescued":{"A":1,"_file_path":"users.json"}}])"));
}

struct ConvertCase {
    DataType type;
    const char *value;
    const char *expected;  // JSON; "rescued" when it must not fit.
};

TEST(Read, JsonIntoGivenTypes) {
    using K = TypeKind;
    auto of = [](K kind) { return DataType::Of(kind); };
    std::vector<ConvertCase> cases = {
        {of(K::kByte), "-128", "-128"},
        {of(K::kByte), "128", "rescued"},
        {of(K::kShort), "32767", "32767"},
        {of(K::kShort), "32768", "rescued"},
        {of(K::kInt), "-2147483648", "-2147483648"},
        {of(K::kInt), "2147483648", "rescued"},
        {of(K::kInt), "1.0", "rescued"},
        {of(K::kInt), "\"1\"", "rescued"},
        {of(K::kLong), "9223372036854775808", "rescued"},
        {of(K::kFloat), "0.5", "0.5"},
        {of(K::kDouble), "\"-INF\"", "\"-Infinity\""},
        {of(K::kDouble), "\"1\"", "rescued"},
        {of(K::kDouble), "7", "7.0"},
        {of(K::kBoolean), "1", "rescued"},
        {of(K::kBoolean), "false", "false"},
        {DataType::Decimal(4, 2), "12.345", "\"12.35\""},
        {DataType::Decimal(4, 2), "99.995", "rescued"},
        {DataType::Decimal(4, 2), "\"1\"", "\"1.00\""},
        {DataType::Decimal(9, 0), "123456789", "\"123456789\""},
        {DataType::Decimal(18, 4), "-1e3", "\"-1000.0000\""},
        {DataType::Decimal(38, 0), "99999999999999999999999999999999999999",
         "\"99999999999999999999999999999999999999\""},
        {DataType::Decimal(4, 2), "100", "rescued"},
        {of(K::kString), "1.10", "\"1.10\""},
        {of(K::kString), "[1, 2]", "\"[1, 2]\""},
        {of(K::kTimestamp), "\"2010-08-25T18:10:17Z\"", "1282759817000000"},
        {of(K::kTimestamp), "1282759817", "1282759817000000"},
        {of(K::kTimestamp), "\"2010-08-25\"", "1282694400000000"},
        {of(K::kTimestampNtz), "\"2010-08-25 18:10\"", "1282759800000000"},
        {of(K::kTimestamp), "\"tomorrow\"", "rescued"},
        {of(K::kDate), "\"1970-01-03\"", "2"},
        {of(K::kDate), "\"1969-12-31\"", "-1"},
        {of(K::kDate), "\"1970-13-03\"", "rescued"},
        {of(K::kBinary), "\"aGk=\"", "{\"bytes\":\"hi\"}"},
        {of(K::kBinary), "\"*\"", "rescued"},
        {DataType::Map(of(K::kString), of(K::kLong)), R"({"x":1,"y":null})", R"({"x":1,"y":null})"},
        {DataType::Map(of(K::kString), DataType::Array(of(K::kLong))), R"({"x":[1],"y":[2,3]})",
         R"({"x":[1],"y":[2,3]})"},
        {DataType::Map(of(K::kString), of(K::kLong)), "[1]", "rescued"},
        {DataType::Struct({Field{"x", of(K::kInt)}}), R"({"x":1})", R"({"x":1})"},
        {DataType::Struct({Field{"x", of(K::kInt)}}), "5", "rescued"},
    };
    ReadOptions options;
    options.mode = Mode::kJson;
    for (const ConvertCase &one : cases) {
        auto rows = ReadText(std::string("{\"a\":") + one.value + "}", OneColumn(one.type), options);
        ASSERT_EQ(rows.size(), 1u) << rows;
        bool rescued = std::string(one.expected) == "rescued";
        EXPECT_EQ(rows[0].contains("_rescued"), rescued) << one.type.ToSql() << " " << one.value;
        EXPECT_EQ(rows[0]["a"], rescued ? json(nullptr) : json::parse(one.expected))
            << one.type.ToSql() << " " << one.value;
    }
}

TEST(Read, RescuedInAStruct) {
    ReadOptions options;
    options.mode = Mode::kJson;
    DataType schema = OneColumn(DataType::Struct({Field{"x", DataType::Of(TypeKind::kLong)}}));
    EXPECT_EQ(
        ReadText(R"({"a":{"x":"no","y":{"z":1}},"b":2})", schema, options),
        json::parse(R"([{"a":{"x":null},"_rescued":{"a":{"x":"no","y":{"z":1}},"b":2,"_file_path":"users.json"}}])"));
}

TEST(Read, Projection) {
    std::string text = R"({"a":1,"b":{"c":"x"},"d":[1]}{"a":"odd","d":5})";
    DataType schema =
        DataType::Struct({Field{"a", DataType::Of(TypeKind::kLong)}, Field{"b_c", DataType::Of(TypeKind::kString)},
                          Field{"d", DataType::Array(DataType::Of(TypeKind::kLong))}});
    ReadOptions options;
    options.projection = std::vector<size_t>{1};
    auto rows = ReadText(text, schema, options);
    EXPECT_EQ(rows[0], json::parse(R"({"b_c":"x"})"));
    EXPECT_EQ(rows[1]["_rescued"], json::parse(R"({"a":"odd","d":5,"_file_path":"users.json"})"));
    options.rescue = false;
    EXPECT_EQ(ReadText(text, schema, options), json::parse(R"([{"b_c":"x"},{"b_c":null}])"));
    options.projection = std::vector<size_t>{};
    EXPECT_EQ(ReadText(text, schema, options).size(), 2u);
    options.projection = std::vector<size_t>{3};
    EXPECT_FALSE(Reader::Open({}, schema, options).has_value());
}

TEST(Read, OffsetsAndBatches) {
    std::string text = "\xef\xbb\xbf [ {\"a\":1},\n{\"a\":2} , {\"a\":3}]";
    auto rows = ReadRows({TextFile(text)}, SchemaOf(text));
    ASSERT_TRUE(rows.has_value());
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(text.substr(rows->offsets[i], 5), "{\"a\":");
    std::string many = "[{\"a\":0}";
    for (int i = 1; i < 1000; ++i) many += ",{\"a\":" + std::to_string(i) + "}";
    ReadOptions options;
    options.batch_rows = 64;
    rows = ReadRows({TextFile(many + "]")}, SchemaOf("{\"a\":1}"), options);
    ASSERT_TRUE(rows.has_value());
    EXPECT_EQ(rows->largest_batch, 64u);
    for (size_t i = 0; i < 1000; ++i) EXPECT_EQ(rows->rows[i]["a"], i);
}

TEST(Read, FileIndexAndPath) {
    auto rows = ReadRows(
        {TextFile("{\"a\":1}", "one.json"), TextFile("[]", "none.json"), TextFile("{\"a\":\"x\"}", "two.json")},
        OneColumn(DataType::Of(TypeKind::kLong)));
    ASSERT_TRUE(rows.has_value());
    ASSERT_EQ(rows->rows.size(), 2u);
    EXPECT_EQ(rows->rows[1]["_rescued"]["_file_path"], "two.json");
}

TEST(Read, TypesThatCannotBeRead) {
    auto reader = Reader::Open({}, OneColumn(DataType::Of(TypeKind::kVariant)));
    ASSERT_FALSE(reader.has_value());
    EXPECT_EQ(reader.error().condition, "FEATURE_NOT_SUPPORTED");
    EXPECT_FALSE(
        Reader::Open({}, OneColumn(DataType::Map(DataType::Of(TypeKind::kLong), DataType::Of(TypeKind::kLong))))
            .has_value());
}

// Slots have the layout that engines expect, and NULL slots are zero.
TEST(Read, Layout) {
    auto reader = Reader::Open({TextFile(R"({"s":"123456789012","n":5}{"n":null}{"s":"1234567890123"}{"s":""})")},
                               SchemaOf(R"({"s":"x","n":1})"));
    ASSERT_TRUE(reader.has_value());
    auto worker = (*reader)->NewWorker();
    auto batch = *(*reader)->Next(*worker);
    ASSERT_NE(batch, nullptr);
    ASSERT_EQ(batch->row_count, 4u);
    const Column &text = batch->columns[1];
    EXPECT_EQ(text.validity[0] & 15, 0b1101u);
    EXPECT_TRUE(text.has_nulls);
    const auto *slots = text.Values<StringSlot>();
    EXPECT_EQ(std::string_view(slots[0].prefix, 12), "123456789012");
    StringSlot zero{};
    EXPECT_EQ(std::memcmp(&slots[1], &zero, 16), 0);
    EXPECT_EQ(std::memcmp(&slots[3], &zero, 16), 0);
    EXPECT_EQ(slots[2].length, 13u);
    EXPECT_EQ(std::string_view(slots[2].prefix, 4), "1234");
    EXPECT_EQ(reinterpret_cast<uintptr_t>(text.values) % 64, 0u);
    EXPECT_EQ(*(*reader)->Next(*worker), nullptr);
    EXPECT_EQ(*(*reader)->Next(*worker), nullptr);
}

// The condition of the error of reading `text` by the columns of `earlier` only, or "".
std::string KnownFieldsOnly(const std::string &earlier, const std::string &text, Mode mode = Mode::kMongo) {
    ReadOptions options;
    options.mode = mode;
    auto schema = InferSchema({TextFile(earlier)}, options);
    EXPECT_TRUE(schema) << schema.error().ToString();
    options.known_fields_only = true;
    auto reader = Reader::Open({TextFile(text)}, *schema, options);
    auto worker = (*reader)->NewWorker();
    for (;;) {
        auto batch = (*reader)->Next(*worker);
        if (!batch) return batch.error().condition;
        if (!*batch) return "";
    }
}

TEST(Read, KnownFieldsOnly) {
    const std::string kNew = "UNKNOWN_FIELD_EXCEPTION.NEW_FIELDS_IN_FILE";
    const std::string kEarlier = R"({"_id":{"$oid":"1"},"at":{"$date":0},"n":1,"s":{"x":{"y":1}},"list":[{"i":1}],"t":["a"]})";
    // Values of another type than the column's are rescued, as ever: they make no new column.
    for (const char *text : {R"({"n":2})", R"({"n":"text"})", R"({"n":null,"s":null,"list":[],"at":null})", R"({"s":{"x":null}})",
                             R"({"n":{"$numberLong":"5"},"extra":{}})", R"({"at":{"$date":"soon"}})", R"({"list":[{},null,{"i":"x"}]})"}) {
        EXPECT_EQ(KnownFieldsOnly(kEarlier, text), "") << text;
    }
    for (const char *text : {R"({"extra":1})", R"({"extra":null})", R"({"extra":[]})", R"({"extra":{"a":1}})", R"({"extra":{"$date":0}})",
                             R"({"extra":{"$numberLong":"5"}})", R"({"extra":{"$undefined":true}})", R"({"_id":{"more":"x"}})", R"({"s":{"x":{"z":1}}})",
                             R"({"s":5})", R"({"list":[{"i":1},{"j":2}]})", R"({"extra":{"$binary":{"base64":"AAAA","subType":"00"}}})"}) {
        EXPECT_EQ(KnownFieldsOnly(kEarlier, text), kNew) << text;
    }
    EXPECT_EQ(KnownFieldsOnly(R"({"s":{"x":1}})", R"({"s":{"x":2}})", Mode::kJson), "");
    EXPECT_EQ(KnownFieldsOnly(R"({"s":{"x":1}})", R"({"s":{"y":2}})", Mode::kJson), kNew);
    EXPECT_EQ(KnownFieldsOnly(R"({"s":{"x":1}})", R"({"o":{"y":2}})", Mode::kJson), kNew);
}

}  // namespace
}  // namespace tarn::extjson
