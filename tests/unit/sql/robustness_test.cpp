// Nothing that comes in as text crashes, hangs or overflows the stack.
#include <random>

#include "support.h"

namespace tarn::sql {
namespace {

std::string Repeat(std::string_view text, size_t count) {
    std::string out;
    for (size_t i = 0; i < count; i++) out += text;
    return out;
}

// Parses, and renders what parses.
void Exercise(const std::string &text) {
    auto statement = ParseStatement(text);
    if (!statement) {
        EXPECT_FALSE(statement.error().condition.empty());
        EXPECT_GT(statement.error().position.line, 0) << text;
    } else if (const auto *query = statement->As<QueryStatement>()) {
        FakeContext context;
        (void)RenderQuery(*query->query, context);
        (void)CollectUses(*query->query);
    }
    (void)SplitScript(text);
    (void)IsComplete(text);
    (void)SubstituteVariables(text, {{"a", "b"}});
}

TEST(Robustness, NestingUpToTheLimit) {
#if !defined(__SANITIZE_ADDRESS__)  // its frames are several times larger: the stack's limit comes first
    EXPECT_TRUE(ParseExpression(Repeat("(", 490) + "1" + Repeat(")", 490)));
#endif
    EXPECT_TRUE(ParseExpression(Repeat("(", 100) + "1" + Repeat(")", 100)));
    std::string chain = RenderedExpr("a" + Repeat(" + 1", 890));
    EXPECT_TRUE(chain.starts_with("(((")) << chain.substr(0, 100);
    EXPECT_TRUE(RenderedExpr("a" + Repeat("::decimal(10,2)", 890)).starts_with("CAST("));
    std::string query = Repeat("SELECT * FROM (", 60) + "SELECT 1" + Repeat(") t", 60);
    FakeContext context;
    auto parsed = ParseQuery(query);
    ASSERT_TRUE(parsed);
    EXPECT_TRUE(RenderQuery(**parsed, context));
}

TEST(Robustness, TooDeepIsAnError) {
    const std::string texts[] = {
        "SELECT " + Repeat("(", 100000) + "1" + Repeat(")", 100000),
        "SELECT " + Repeat("- ", 100000) + "1",
        "SELECT " + Repeat("NOT ", 100000) + "1",
        "SELECT " + Repeat("f(", 100000) + "1" + Repeat(")", 100000),
        "SELECT " + Repeat("CASE WHEN ", 100000),
        Repeat("SELECT * FROM (", 50000),
        Repeat("(", 100000) + "SELECT 1",
        "SELECT CAST(a AS " + Repeat("ARRAY<", 100000),
        "SELECT 1" + Repeat(" + 1", 100000),
        "SELECT a" + Repeat("[0]", 100000),
        "SELECT a" + Repeat(".b", 3) + Repeat("::int", 100000),
        "SELECT 1" + Repeat(" UNION SELECT 1", 100000),
        "SELECT * FROM a" + Repeat(" JOIN b", 100000),
        "SELECT x" + Repeat(" IS NULL", 100000),
        Repeat("EXPLAIN ", 100000) + "SELECT 1",
        "SELECT " + Repeat("x -> ", 100000) + "1",
        "WITH " + Repeat("a AS (WITH ", 50000),
    };
    for (const std::string &text : texts) {
        auto statement = ParseStatement(text);
        ASSERT_FALSE(statement) << text.substr(0, 40);
        EXPECT_EQ(statement.error().condition, "RESOURCE_LIMIT_EXCEEDED") << text.substr(0, 40);
    }
}

TEST(Robustness, LongIsNotDeep) {
    EXPECT_TRUE(ParseExpression("a = 0" + Repeat(" OR a = 1", 20000)));
    EXPECT_TRUE(ParseExpression("a IN (0" + Repeat(", 1", 20000) + ")"));
    EXPECT_TRUE(ParseQuery("VALUES (1, 'x')" + Repeat(", (2, 'y')", 20000)));
}

TEST(Robustness, ParenthesesStayLinear) {
    // ((SELECT 1) + 1) looks like a query at first; trying both ways at every level would take 2^n steps.
    std::string text = "1";
    for (int i = 0; i < 60; i++) text = "((SELECT " + text + ") + 1)";
    EXPECT_TRUE(ParseExpression(text));
}

TEST(Robustness, DoublingTextsAreStopped) {
    std::string text = "a";
    for (int i = 0; i < 60; i++) text = "factorial(" + text + ")";
    EXPECT_TRUE(RenderedExpr(text).starts_with("ERROR [RESOURCE_LIMIT_EXCEEDED]"));
}

// Random sequences of tokens: most are wrong, some parse.
TEST(Robustness, TokenSoup) {
    const std::string_view tokens[] = {
        "SELECT", "FROM", "WHERE", "a", "b", "t", "1", "2.5", "'x'", "(", ")", "(", ")", ",", ".", "*", "+", "-", "AND", "OR", "NOT",
        "IN", "LIKE", "BETWEEN", "CASE", "WHEN", "THEN", "END", "CAST", "AS", "INT", "JOIN", "ON", "LEFT", "GROUP", "BY", "ORDER",
        "UNION", "ALL", "WITH", "VALUES", "LATERAL", "VIEW", "explode", "EXCEPT", "OVER", "PARTITION", "INTERVAL", "DAY", "[", "]",
        "->", "=>", "::", ":", "STREAM", "CREATE", "TABLE", "MERGE", "INTO", "USING", "MATCHED", "INSERT", "UPDATE", "SET", "DELETE",
        "count", "struct", "transform", "ROWS", "PRECEDING", "@", "v3", "`q`", "{", "}", "$", ";", "?", "<", ">", "=", "<=>", "ARRAY",
        "PIVOT", "FOR", "DESCRIBE", "SHOW", "ALTER", "ADD", "COLUMN", "FLOW", "AUTO", "CDC", "KEYS", "SEQUENCE", "TRIM", "EXTRACT",
    };
    std::mt19937 random(20240229);
    for (int round = 0; round < 8000; round++) {
        std::string text = round % 2 == 0 ? "SELECT " : "";
        size_t length = 1 + random() % 25;
        for (size_t i = 0; i < length; i++) text += std::string(tokens[random() % std::size(tokens)]) + " ";
        Exercise(text);
    }
}

// Damaged versions of statements that are right.
TEST(Robustness, MutatedStatements) {
    const std::string seeds[] = {
        "CREATE OR REFRESH STREAMING TABLE t (a INT, CONSTRAINT c EXPECT (a > 0) ON VIOLATION DROP ROW) AS SELECT * FROM STREAM(x)",
        "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(s) KEYS (a, b) SEQUENCE BY c COLUMNS * EXCEPT (d) STORED AS SCD TYPE 1",
        "MERGE INTO t USING (SELECT 1) s ON t.a = s.a WHEN MATCHED AND s.b THEN DELETE WHEN NOT MATCHED THEN INSERT (a) VALUES (1)",
        "WITH a AS (SELECT 'it''s' x) SELECT x, sum(y) OVER (PARTITION BY z ORDER BY w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM a",
        "SELECT transform(a, (x, i) -> x + i), m['k'], DATE '2024-01-01' + INTERVAL '1-2' YEAR TO MONTH FROM t LATERAL VIEW explode(q) v AS w",
        "SELECT date_format(ts, \"yyyy 'at' HH\"), from_json(j, 'a INT, b ARRAY<STRING>'), format_string('%s %d', a, b) FROM VALUES (1, 2) v(a, b)",
    };
    std::mt19937 random(7713);
    for (int round = 0; round < 8000; round++) {
        std::string text = seeds[random() % std::size(seeds)];
        for (size_t edits = 1 + random() % 4; edits > 0 && !text.empty(); edits--) {
            size_t at = random() % text.size();
            switch (random() % 4) {
                case 0: text.erase(at, 1 + random() % 5); break;
                case 1: text.insert(at, 1, static_cast<char>(random() % 256)); break;
                case 2: text[at] = static_cast<char>(random() % 256); break;
                default: text.insert(at, text.substr(random() % text.size(), random() % 12));
            }
        }
        Exercise(text);
    }
}

}  // namespace
}  // namespace tarn::sql
