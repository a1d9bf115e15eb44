#include "support.h"

namespace tarn::sql {
namespace {

struct Case {
    std::string_view text;
    std::string_view expected;
};

// Spark's own name of an expression shows how it was understood.
TEST(Expression, Precedence) {
    const Case cases[] = {
        {"1 + 2 * 3", "(1 + (2 * 3))"},
        {"(1 + 2) * 3", "((1 + 2) * 3)"},
        {"a OR b AND NOT c", "(a OR (b AND (NOT c)))"},
        {"NOT a = b", "(NOT (a = b))"},
        {"a = b IS NULL", "((a = b) IS NULL)"},
        {"a | b ^ c & d << 1 + 2", "(a | (b ^ (c & (d << (1 + 2)))))"},
        {"a BETWEEN 1 AND 2 AND b", "(between(a, 1, 2) AND b)"},
        {"a NOT IN (1, 2)", "(NOT (a IN (1, 2)))"},
        {"-a::int", "(- CAST(a AS INT))"},
        {"-1::string", "CAST(-1 AS STRING)"},
        {"a - -1", "(a - -1)"},
        {"a >> 1 >>> 2", "((a >> 1) >>> 2)"},
        {"a div b % c", "((a div b) % c)"},
        {"a <=> b", "(a <=> b)"},
        {"!a", "(NOT a)"},
        {"a || b || c", "concat(concat(a, b), c)"},
        {"x -> x + 1", "lambdafunction((namedlambdavariable() + 1), namedlambdavariable())"},
        {"m['k'].f[0]", "m[k].f[0]"},
        {"a.b.c", "c"},
        {"count(*)", "count(1)"},
        {"CASE a WHEN 1 THEN 'x' ELSE 'y' END", "CASE WHEN (a = 1) THEN x ELSE y END"},
        {"sum(a) OVER (PARTITION BY b ORDER BY c DESC)",
         "sum(a) OVER (PARTITION BY b ORDER BY c DESC NULLS LAST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"},
        {"DATE'2024-1-5'", "DATE '2024-01-05'"},
        {"TIMESTAMP '2024-01-05'", "TIMESTAMP '2024-01-05 00:00:00'"},
    };
    for (const Case &c : cases) {
        auto expr = ParseExpression(c.text);
        ASSERT_TRUE(expr) << c.text << "\n" << expr.error().ToString();
        EXPECT_EQ(ColumnNameOf(**expr), c.expected) << c.text;
    }
}

TEST(Expression, LiteralTypes) {
    const Case cases[] = {
        {"1", "int"},        {"2147483648", "bigint"}, {"-2147483648", "int"},     {"12345678901234567890", "decimal(20,0)"},
        {"1L", "bigint"},    {"1S", "smallint"},       {"1Y", "tinyint"},          {"1.50", "decimal(3,2)"},
        {"0.05", "decimal(2,2)"}, {"1e3", "double"},   {"1.5D", "double"},         {"1F", "float"},
        {"1.5BD", "decimal(2,1)"}, {"'x'", "string"},  {"x'1F'", "binary"},        {"NULL", "void"},
        {"true", "boolean"}, {"DATE '2024-01-01'", "date"}, {"TIMESTAMP_NTZ '2024-01-01'", "timestamp_ntz"}, {"1e2BD", "decimal(3,0)"},
    };
    for (const Case &c : cases) {
        auto expr = ParseExpression(c.text);
        ASSERT_TRUE(expr) << c.text;
        ASSERT_NE((*expr)->As<Literal>(), nullptr) << c.text;
        EXPECT_EQ((*expr)->As<Literal>()->type.ToString(), c.expected) << c.text;
    }
}

TEST(Expression, Intervals) {
    struct IntervalCase {
        std::string_view text;
        IntervalLiteral expected;
    };
    const IntervalCase cases[] = {
        {"INTERVAL 1 DAY", {0, 1, 0}},
        {"INTERVAL '1-2' YEAR TO MONTH", {14, 0, 0}},
        {"INTERVAL -3 WEEKS 2 hours", {0, -21, 7'200'000'000}},
        {"INTERVAL '1 02:03:04.5' DAY TO SECOND", {0, 1, 7'384'500'000}},
        {"INTERVAL '2 days 30 minutes'", {0, 2, 1'800'000'000}},
        {"INTERVAL 1.5 SECONDS", {0, 0, 1'500'000}},
    };
    for (const IntervalCase &c : cases) {
        auto expr = ParseExpression(c.text);
        ASSERT_TRUE(expr) << c.text << expr.error().ToString();
        const auto *interval = (*expr)->As<IntervalLiteral>();
        ASSERT_NE(interval, nullptr) << c.text;
        EXPECT_EQ(interval->months, c.expected.months) << c.text;
        EXPECT_EQ(interval->days, c.expected.days) << c.text;
        EXPECT_EQ(interval->micros, c.expected.micros) << c.text;
    }
    auto column = ParseExpression("interval + 1");
    ASSERT_TRUE(column);
    EXPECT_NE((*column)->As<Binary>(), nullptr);
}

// Words that are keywords elsewhere name columns and aliases, as in Spark.
TEST(Query, KeywordsAsNames) {
    for (std::string_view text :
         {"SELECT index, option, date, timestamp, end, order, group FROM t", "SELECT a first, b last FROM t AS values",
          "SELECT left(a, 1), right(b, 2), if(a, b, c), replace(a, 'b', 'c') FROM t", "SELECT * FROM stream", "SELECT t.`select` FROM t",
          "SELECT key, value AS `from` FROM t window", "SELECT a AS limit, b AS offset FROM t ORDER BY limit"}) {
        EXPECT_EQ(ParseOutcome(text), "ok") << text;
    }
}

TEST(Query, ErrorsStandWhereTheyAre) {
    const Case cases[] = {
        {"", "PARSE_SYNTAX_ERROR 1:1"},
        {"selec 1", "PARSE_SYNTAX_ERROR 1:1"},
        {"select a from", "PARSE_SYNTAX_ERROR 1:14"},
        {"select a from t where", "PARSE_SYNTAX_ERROR 1:22"},
        {"select a,\n  from t", "PARSE_SYNTAX_ERROR 2:3"},
        {"select a b c from t", "PARSE_SYNTAX_ERROR 1:12"},
        {"select (1", "PARSE_SYNTAX_ERROR 1:10"},
        {"select 1)", "PARSE_SYNTAX_ERROR 1:9"},
        {"select 'é' ü 'x' y", "PARSE_SYNTAX_ERROR 1:14"},
        {"select 'abc", "PARSE_SYNTAX_ERROR 1:8"},
        {"select 300Y", "INVALID_NUMERIC_LITERAL_RANGE 1:8"},
        {"select DATE 'tomorrow'", "INVALID_TYPED_LITERAL 1:8"},
        {"select cast(a as strin)", "UNSUPPORTED_DATATYPE 1:18"},
        {"values (1, 2), (3)", "INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH 1:16"},
        {"select * from t pivot", "PARSE_SYNTAX_ERROR 1:22"},
        {"create function f() returns int return 1", "FEATURE_NOT_SUPPORTED 1:8"},
        {"grant select on t to u", "FEATURE_NOT_SUPPORTED 1:1"},
        {"select ${x}", "PARSE_SYNTAX_ERROR 1:8"},
    };
    for (const Case &c : cases) EXPECT_EQ(ParseOutcome(c.text), c.expected) << c.text;
}

TEST(Query, ErrorTexts) {
    auto error = ParseStatement("select from t");
    ASSERT_FALSE(error);
    EXPECT_EQ(error.error().message, "Syntax error at or near 'from'. Expected an expression here.");
    EXPECT_EQ(error.error().sqlstate, "42601");
    auto type = ParseStatement("select cast(a as strin)");
    EXPECT_NE(type.error().message.find("STRING"), std::string::npos);
}

TEST(Query, Uses) {
    auto query = ParseQuery(
        "WITH a AS (SELECT * FROM s.x WHERE id IN (SELECT id FROM y)), b AS (SELECT * FROM a)\n"
        "SELECT (SELECT max(z) FROM z), :p FROM b JOIN STREAM(w) w ON true JOIN delta.`/d/e` ON :p = 1 "
        "LATERAL VIEW explode((SELECT collect_list(1) FROM q)) v UNION SELECT 1, 2 FROM a.a, STREAM read_files('x')");
    ASSERT_TRUE(query) << query.error().ToString();
    QueryUses uses = CollectUses(**query);
    std::string names;
    for (const TableUse &use : uses.tables) names += use.name.ToString() + (use.stream ? "(stream) " : use.is_path ? "(path) " : " ");
    EXPECT_EQ(names, "s.x y w(stream) delta.`/d/e`(path) q z a.a ");
    EXPECT_EQ(uses.functions.size(), 1u);
    EXPECT_EQ(uses.parameters, std::vector<std::string>{"p"});
}

TEST(Query, TableArgumentsAreRead) {
    auto query = ParseQuery("WITH c AS (SELECT 1) SELECT * FROM f(observed => TABLE(SELECT * FROM a JOIN b), g => TABLE(s.d)), h(TABLE e, TABLE(c), 'x')");
    ASSERT_TRUE(query) << query.error().ToString();
    std::string names;
    for (const TableUse &use : CollectUses(**query).tables) names += use.name.ToString() + " ";
    EXPECT_EQ(names, "a b s.d e ");
    EXPECT_FALSE(ParseQuery("SELECT * FROM f(TABLE(SELECT 1)"));
    EXPECT_FALSE(ParseQuery("SELECT * FROM f(TABLE())"));
    EXPECT_TRUE(ParseQuery("SELECT f(table), struct(table AS t) FROM x")) << "a column may have that name";
}

TEST(Query, HasAggregate) {
    auto has = [](std::string_view text) { return HasAggregate(**ParseExpression(text)); };
    EXPECT_TRUE(has("1 + sum(a)"));
    EXPECT_FALSE(has("sum(a) OVER ()"));
    EXPECT_FALSE(has("upper(a)"));
    EXPECT_FALSE(has("(SELECT sum(a) FROM t)"));
    EXPECT_TRUE(has("sum(sum(a)) OVER ()"));
}

}  // namespace
}  // namespace tarn::sql
