#include "rows.h"

namespace tarn::extjson {
namespace {

struct Case {
    const char *documents;
    const char *schema;
};

void Check(Mode mode, const std::vector<Case> &cases) {
    for (const Case &one : cases) EXPECT_EQ(InferText(one.documents, mode), one.schema) << one.documents;
}

TEST(Infer, MongoNames) {
    Check(Mode::kMongo,
          {
              {R"({"_id":{"$oid":"4c"}})", "struct<id_oid:string>"},
              {R"({"_id":{"$oid":"4c","look_a_new_field":"x"}})", "struct<id_oid:string,id_look_a_new_field:string>"},
              {R"({"patreon_status":{"is_patron":true}})", "struct<patreon_status_is_patron:boolean>"},
              {R"({"__v":1})", "struct<v:bigint>"},
              {R"({"a_":{"_b":1}})", "struct<a___b:bigint>"},
              {R"({"a$b":1,"$":2,"___":3})", "struct<$:bigint,___:bigint,ab:bigint>"},
              {R"({"deep":{"er":{"est":{"x_":null}}}})", "struct<deep_er_est_x:string>"},
              {R"({"\u0061b":1,"caf\u00e9":2})", "struct<ab:bigint,café:bigint>"},
          });
}

TEST(Infer, MongoOrderIsSparks) {
    Check(
        Mode::kMongo,
        {
            {R"({"updated_at":{"$date":"2010-08-25T19:00:27.313Z"},"_id":{"$oid":"4c"},"language":"en","country":"US",
             "patreon_status":{"lifetime_support_cents":1,"campaign_lifetime_support_cents":2,"is_patron":true},
             "created_at":{"$date":"2010-08-25T18:10:17Z"}})",
             "struct<country:string,language:string,id_oid:string,created_at_date:timestamp,"
             "patreon_status_campaign_lifetime_support_cents:bigint,patreon_status_is_patron:boolean,"
             "patreon_status_lifetime_support_cents:bigint,updated_at_date:timestamp>"},
            {R"({"translations":[{"language":"en","title":"t","description":"d","options":["a"],"created_at":{"$date":1}}]})",
             "struct<translations:array<struct<description:string,language:string,options:array<string>,title:string,"
             "created_at_date:timestamp>>>"},
            {R"({"a":1,"_b":1,"D":1,"$c":1})", "struct<c:bigint,D:bigint,b:bigint,a:bigint>"},
            // Level by level: a.z.deep comes after b.y, which is a level higher.
            {R"({"a":{"z":{"deep":1}},"b":{"y":1},"c":1})", "struct<c:bigint,b_y:bigint,a_z_deep:bigint>"},
        });
}

TEST(Infer, MongoWrappers) {
    Check(
        Mode::kMongo,
        {
            {R"({"a":{"$numberInt":"1"},"b":{"$numberLong":"2"},"c":{"$numberDouble":"NaN"},"d":{"$numberDecimal":"12.345"}})",
             "struct<a:bigint,b:bigint,c:double,d:decimal(5,3)>"},
            {R"({ "a" : { "$numberInt" : "1" }, "d" : { "$date" : { "$numberLong" : "1" } } })",
             "struct<a:bigint,d_date:timestamp>"},
            {R"({"d":{"$numberDecimal":"1E+3"}}{"d":{"$numberDecimal":"0.25"}})", "struct<d:decimal(6,2)>"},
            {R"({"d":{"$numberDecimal":"1"}}{"d":{"$numberDecimal":"Infinity"}})", "struct<d:double>"},
            {R"({"d":{"$numberDecimal":"12345678901234567890123456789012345678"}}{"d":{"$numberDecimal":"0.5"}})",
             "struct<d:double>"},
            {R"({"d":{"$numberDecimal":"0"}})", "struct<d:decimal(1,0)>"},
            {R"({"d":{"$date":"x"}}{"d":{"$date":5}}{"d":{"$date":{"$numberLong":"-1"}}}{"d":null})",
             "struct<d_date:timestamp>"},
            {R"({"b":{"$binary":{"base64":"AA==","subType":"00"}},"c":{"$binary":"AA==","$type":"00"}})",
             "struct<b_binary:binary,c_binary:binary>"},
            {R"({"t":{"$timestamp":{"t":1,"i":2}},"u":{"$uuid":"x"},"r":{"$regularExpression":{"pattern":"a","options":"i"}}})",
             "struct<u_uuid:string,r_regularExpression_options:string,r_regularExpression_pattern:string,"
             "t_timestamp_i:bigint,t_timestamp_t:bigint>"},
            {R"({"s":{"$symbol":"x"},"k":{"$minKey":1},"u":{"$undefined":true},"c":{"$code":"f"}})",
             "struct<u:string,c_code:string,k_minKey:bigint,s_symbol:string>"},
            {R"({"r":{"$ref":"c","$id":{"$oid":"x"},"$db":"d"}})", "struct<r_db:string,r_ref:string,r_id_oid:string>"},
            // Not alone in its object: an ordinary member.
            {R"({"a":{"$numberInt":"1","x":2}})", "struct<a_numberInt:string,a_x:bigint>"},
            {R"({"a":[{"$oid":"x"}],"b":[{"$date":1}],"c":[{"$numberInt":"1"}],"d":[{"$binary":"","$type":"0"}],"e":[{"$uuid":""}]})",
             "struct<a:array<string>,b:array<timestamp>,c:array<bigint>,d:array<binary>,e:array<string>>"},
            {R"({"a":[{"$oid":"x"},{"$oid":"y","z":1}]})", "struct<a:array<struct<oid:string,z:bigint>>>"},
            {R"({"a":[[{"x":{"y":1}}]]})", "struct<a:array<array<struct<x_y:bigint>>>>"},
        });
}

TEST(Infer, TypesMeet) {
    std::vector<Case> cases = {
        {R"({"a":1}{"a":2.5})", "struct<a:double>"},
        {R"({"a":1}{"a":"x"})", "struct<a:string>"},
        {R"({"a":true}{"a":1})", "struct<a:string>"},
        {R"({"a":null}{"a":1})", "struct<a:bigint>"},
        {R"({"a":null})", "struct<a:string>"},
        {R"({"a":[]})", "struct<a:array<string>>"},
        {R"({"a":[]}{"a":[1]}{"a":[2.5,null]})", "struct<a:array<double>>"},
        {R"({"a":[1]}{"a":2})", "struct<a:string>"},
        {R"({"a":{},"b":1})", "struct<b:bigint>"},
        {R"({"a":[{}],"b":1})", "struct<b:bigint>"},
        {R"({"a":{"b":{"c":{}}}})", "struct<>"},
        {"{}", "struct<>"},
        {"[]", "struct<>"},
        {R"({"a":9223372036854775807,"b":-9223372036854775808})", "struct<a:bigint,b:bigint>"},
        {R"({"a":9223372036854775808})", "struct<a:decimal(19,0)>"},
        {R"({"a":12345678901234567890})", "struct<a:decimal(20,0)>"},
        {R"({"a":12345678901234567890}{"a":1})", "struct<a:decimal(20,0)>"},
        {R"({"a":9999999999999999999}{"a":1})", "struct<a:decimal(20,0)>"},
        {R"({"a":12345678901234567890}{"a":1.5})", "struct<a:double>"},
        {R"({"a":123456789012345678901234567890123456789})", "struct<a:double>"},
        {R"({"a":1e3}{"b":-0}{"c":-0.0})", "struct<a:double,b:bigint,c:double>"},
    };
    Check(Mode::kMongo, cases);
    Check(Mode::kJson, cases);
}

TEST(Infer, JsonKeepsStructs) {
    Check(Mode::kJson, {
                           {R"({"_id":{"$oid":"x"},"b":{"z":1,"a":{"$numberInt":"5"}},"C":1})",
                            "struct<C:bigint,_id:struct<$oid:string>,b:struct<a:struct<$numberInt:string>,z:bigint>>"},
                           {R"({"a":{"x":1}}{"a":5})", "struct<a:string>"},
                           {R"({"a":[{"x":1},5]})", "struct<a:array<string>>"},
                           {R"({"a":{"x":1}}{"a":{"y":"z"}})", "struct<a:struct<x:bigint,y:string>>"},
                       });
}

TEST(Infer, SeveralFilesAreOneSchema) {
    auto schema = InferSchema({TextFile(R"([{"a":1}])", "1.json"), TextFile("[]", "2.json"),
                               TextFile(R"({"a":2.5,"b":{"c":"x"}})", "3.json")});
    ASSERT_TRUE(schema.has_value());
    EXPECT_EQ(schema->ToString(), "struct<a:double,b_c:string>");
    EXPECT_EQ(InferSchema({})->ToString(), "struct<>");
}

TEST(Infer, NamesThatMeet) {
    auto error = InferText(R"({"a":{"b":1},"a_b":2})");
    EXPECT_NE(error.find("[COLUMN_ALREADY_EXISTS]"), std::string::npos) << error;
    EXPECT_NE(error.find("`a_b` and `a.b`"), std::string::npos) << error;
    EXPECT_NE(InferText(R"({"A":1}{"a":1})").find("[COLUMN_ALREADY_EXISTS]"), std::string::npos);
    EXPECT_NE(InferText(R"({"A":1}{"a":1})", Mode::kJson).find("[COLUMN_ALREADY_EXISTS]"), std::string::npos);
}

TEST(Infer, ManyThreadsAgree) {
    std::string text;
    for (int i = 0; i < 5000; ++i) {
        text += R"({"n":)" + std::to_string(i) + R"(,"f)" + std::to_string(i % 97) + R"(":{"x":"y"}})" + "\n";
    }
    text += R"({"n":0.5})";
    ReadOptions one, many;
    one.threads = 1;
    many.threads = 5;
    many.chunk_bytes = 1000;
    auto a = InferSchema({TextFile(text)}, one);
    auto b = InferSchema({TextFile(text)}, many);
    ASSERT_TRUE(a && b);
    EXPECT_EQ(*a, *b);
    EXPECT_EQ(a->fields.size(), 98u);
    EXPECT_EQ(a->FindField("n")->type.kind, TypeKind::kDouble);
}

}  // namespace
}  // namespace tarn::extjson
