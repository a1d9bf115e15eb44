#include "support.h"

namespace tarn::sql {
namespace {

struct Case {
    std::string_view spark;
    std::string_view duckdb;
};

void Check(std::initializer_list<Case> cases) {
    for (const Case &c : cases) EXPECT_EQ(Rendered(c.spark), c.duckdb) << c.spark;
}

TEST(Render, SelectAndNames) {
    Check({
        {"SELECT 1", R"sql(SELECT 1 AS "1")sql"},
        {"SELECT a, t.b, 1 + 1, count(*) AS n FROM t", R"sql(SELECT "a", "t"."b", (1 + 1) AS "(1 + 1)", count(*) AS "n" FROM scan('t') AS "t")sql"},
        {"SELECT u.a FROM main.s.t AS u", R"sql(SELECT "u"."a" FROM scan('main.s.t') AS "u")sql"},
        {"SELECT main.default.t.a, default.t.b.c, t.d.e FROM t", R"sql(SELECT "t"."a", "t"."b"."c", "t"."d"."e" FROM scan('t') AS "t")sql"},
        {"SELECT s.t.a FROM s.t", R"sql(SELECT "t"."a" FROM scan('s.t') AS "t")sql"},
        {"SELECT x.y FROM t", R"sql(SELECT "x"."y" FROM scan('t') AS "t")sql"},
        {"SELECT * EXCEPT (a, t.b) FROM t", R"sql(SELECT * EXCLUDE ("a", "t"."b") FROM scan('t') AS "t")sql"},
        {"SELECT t.* EXCLUDE (`a\"b`) FROM t", "SELECT \"t\".* EXCLUDE (\"a\"\"b\") FROM scan('t') AS \"t\""},
        {"SELECT * EXCEPT (s.f) FROM t", "ERROR [FEATURE_NOT_SUPPORTED] EXCEPT of a struct's field (s.f) is not supported."},
        {"TABLE t", R"sql(SELECT * FROM scan('t') AS "t")sql"},
        {"FROM t SELECT a", R"sql(SELECT "a" FROM scan('t') AS "t")sql"},
        {"SELECT * FROM t@v3", R"sql(SELECT * FROM scan('t', version 3) AS "t")sql"},
        {"SELECT * FROM t VERSION AS OF 3 x", R"sql(SELECT * FROM scan('t', version 3) AS "x")sql"},
        {"SELECT * FROM delta.`/a/b@v2`", "SELECT * FROM scan('delta.`/a/b`', version 2) AS \"/a/b\""},
        {"VALUES (1, 'a')", R"sql(SELECT * FROM (VALUES (1, 'a')) AS "values"("col1", "col2"))sql"},
        {"SELECT * FROM VALUES (1), (2) AS v(x)", R"sql(SELECT * FROM (VALUES (1), (2)) AS "v"("x"))sql"},
        {"SELECT id FROM range(5)", R"sql(SELECT "id" FROM range(5) AS "range"("id"))sql"},
        {"SELECT *, _metadata.file_path FROM STREAM read_files('/x', format => 'mongo')",
         R"sql(SELECT *, "_metadata"."file_path" FROM read_files('/x', format := 'mongo') AS "read_files")sql"},
    });
}

TEST(Render, ClausesOfSelect) {
    Check({
        {"SELECT DISTINCT a FROM t WHERE b ORDER BY a, c DESC, d NULLS LAST LIMIT 10 OFFSET 5",
         R"sql(SELECT DISTINCT "a" FROM scan('t') AS "t" WHERE "b" ORDER BY "a" ASC NULLS FIRST, "c" DESC NULLS LAST, "d" ASC NULLS LAST LIMIT 10 OFFSET 5)sql"},
        {"SELECT a FROM t GROUP BY a, ROLLUP (b, c), GROUPING SETS ((a, b), a, ())",
         R"sql(SELECT "a" FROM scan('t') AS "t" GROUP BY "a", ROLLUP ("b", "c"), GROUPING SETS (("a", "b"), ("a"), ()))sql"},
        {"SELECT a FROM t GROUP BY a WITH CUBE HAVING count(*) > 1",
         R"sql(SELECT "a" FROM scan('t') AS "t" GROUP BY CUBE ("a") HAVING (count(*) > 1))sql"},
        {"SELECT a FROM t GROUP BY ALL ORDER BY ALL", R"sql(SELECT "a" FROM scan('t') AS "t" GROUP BY ALL ORDER BY ALL ASC NULLS FIRST)sql"},
        {"SELECT a FROM t QUALIFY row_number() OVER w = 1 WINDOW w AS (PARTITION BY b ORDER BY c)",
         R"sql(SELECT "a" FROM scan('t') AS "t" WINDOW "w" AS (PARTITION BY "b" ORDER BY "c" ASC NULLS FIRST) QUALIFY (CAST(row_number() OVER "w" AS INTEGER) = 1))sql"},
        {"SELECT sum(a) OVER (ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) s FROM t",
         R"sql(SELECT (sum("a") OVER (ORDER BY "b" ASC NULLS FIRST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)) AS "s" FROM scan('t') AS "t")sql"},
        {"SELECT a FROM t UNION ALL SELECT b FROM u INTERSECT SELECT c FROM v ORDER BY 1",
         R"sql(SELECT "a" FROM scan('t') AS "t" UNION ALL SELECT "b" FROM scan('u') AS "u" INTERSECT SELECT "c" FROM scan('v') AS "v" ORDER BY 1 ASC NULLS FIRST)sql"},
        {"(SELECT 1 AS a LIMIT 1) MINUS SELECT 2 AS a", R"sql((SELECT 1 AS "a" LIMIT 1) EXCEPT SELECT 2 AS "a")sql"},
    });
}

TEST(Render, CommonTablesAreScoped) {
    Check({
        {"WITH t AS (SELECT * FROM t) SELECT t.a FROM t",
         R"sql(WITH "t" AS (SELECT * FROM scan('t') AS "t") SELECT "t"."a" FROM "t")sql"},
        {"WITH a AS (SELECT 1 AS x), b(y) AS (SELECT x FROM a) SELECT * FROM b c, s.a",
         R"sql(WITH "a" AS (SELECT 1 AS "x"), "b"("y") AS (SELECT "x" FROM "a") SELECT * FROM "b" AS "c", scan('s.a') AS "a")sql"},
        {"WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT * FROM r",
         R"sql(WITH RECURSIVE "r" AS (SELECT 1 AS "n" UNION ALL SELECT ("n" + 1) AS "(n + 1)" FROM "r" WHERE ("n" < 3)) SELECT * FROM "r")sql"},
        {"SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a) JOIN a",
         R"sql(SELECT * FROM (WITH "a" AS (SELECT 1 AS "1") SELECT * FROM "a") CROSS JOIN scan('a') AS "a")sql"},
    });
    FakeContext context;
    ASSERT_TRUE(RenderQuery(**ParseQuery("WITH x AS (SELECT 1) SELECT * FROM x, y"), context));
    EXPECT_EQ(context.tables, std::vector<std::string>{"y"});
}

TEST(Render, Joins) {
    Check({
        {"SELECT * FROM a LEFT JOIN b ON a.x = b.x", R"sql(SELECT * FROM scan('a') AS "a" LEFT JOIN scan('b') AS "b" ON ("a"."x" = "b"."x"))sql"},
        {"SELECT * FROM a JOIN b USING (x, y) LEFT SEMI JOIN c USING (x)",
         R"sql(SELECT "x", "y", * EXCLUDE ("x", "y") FROM scan('a') AS "a" JOIN scan('b') AS "b" USING ("x", "y") SEMI JOIN scan('c') AS "c" USING ("x"))sql"},
        {"SELECT * FROM a LEFT ANTI JOIN b ON true", R"sql(SELECT * FROM scan('a') AS "a" ANTI JOIN scan('b') AS "b" ON TRUE)sql"},
        {"SELECT * FROM a NATURAL FULL OUTER JOIN b", R"sql(SELECT * FROM scan('a') AS "a" NATURAL FULL JOIN scan('b') AS "b")sql"},
        {"SELECT * FROM a RIGHT JOIN b", R"sql(SELECT * FROM scan('a') AS "a" RIGHT JOIN scan('b') AS "b" ON TRUE)sql"},
        {"SELECT * FROM a, (b JOIN c ON b.x = c.x)", R"sql(SELECT * FROM scan('a') AS "a", scan('b') AS "b" JOIN scan('c') AS "c" ON ("b"."x" = "c"."x"))sql"},
        {"SELECT * FROM a CROSS JOIN LATERAL (SELECT a.x) l", R"sql(SELECT * FROM scan('a') AS "a" CROSS JOIN LATERAL (SELECT "a"."x") AS "l")sql"},
    });
}

TEST(Render, LateralViews) {
    Check({
        {"SELECT id, e FROM t LATERAL VIEW explode(arr) x AS e",
         R"sql(SELECT "id", "e" FROM scan('t') AS "t", LATERAL (SELECT unnest("arr")) AS "x"("e"))sql"},
        {"SELECT * FROM t LATERAL VIEW POSEXPLODE(t.arr) o AS `index`, option",
         R"sql(SELECT * FROM scan('t') AS "t", LATERAL (SELECT unnest(CAST(range(len("t"."arr")) AS INTEGER[])), unnest("t"."arr")) AS "o"("index", "option"))sql"},
        {"SELECT * FROM t LATERAL VIEW OUTER explode(arr) x AS e",
         R"sql(SELECT * FROM scan('t') AS "t", LATERAL (SELECT unnest(CASE WHEN len("arr") > 0 THEN "arr" ELSE [NULL] END)) AS "x"("e"))sql"},
        {"SELECT * FROM t LATERAL VIEW explode(m) x AS k, v",
         R"sql(SELECT * FROM scan('t') AS "t", LATERAL (SELECT unnest(map_keys("m")), unnest(map_values("m"))) AS "x"("k", "v"))sql"},
        {"SELECT x.a FROM t LATERAL VIEW inline(sa) x AS a, b",
         R"sql(SELECT "x"."a" FROM scan('t') AS "t", LATERAL (SELECT unnest("sa", max_depth := 2)) AS "x"("a", "b"))sql"},
        {"SELECT id, explode(arr) FROM t", R"sql(SELECT "id", unnest("arr") AS "col" FROM scan('t') AS "t")sql"},
        {"SELECT posexplode(arr) AS (i, v) FROM t",
         R"sql(SELECT unnest(CAST(range(len("arr")) AS INTEGER[])) AS "i", unnest("arr") AS "v" FROM scan('t') AS "t")sql"},
        {"SELECT * FROM explode(array(1)) AS x(e)", R"sql(SELECT * FROM (SELECT unnest([1])) AS "x"("e"))sql"},
        {"SELECT * FROM t LATERAL VIEW posexplode(a) x AS i", "ERROR [UDTF_ALIAS_NUMBER_MISMATCH] The number of aliases supplied in the AS "
                                                              "clause does not match the number of columns output by posexplode: expected 2, got 1."},
    });
}

TEST(Render, Expressions) {
    const Case cases[] = {
        {"a <=> b", R"sql(("a" IS NOT DISTINCT FROM "b"))sql"},
        {"a / b", R"sql(spark_divide("a", "b"))sql"},
        {"a % 2 = 0 AND NOT b", R"sql(((spark_mod("a", 2) = 0) AND (NOT "b")))sql"},
        {"a LIKE 'x%'", R"sql(("a" LIKE 'x%'))sql"},
        {"a LIKE 'x\\\\_%'", R"sql(("a" LIKE 'x\_%' ESCAPE '\'))sql"},
        {"a NOT LIKE b ESCAPE '#'", R"sql((NOT ("a" LIKE "b" ESCAPE '#')))sql"},
        {"a RLIKE '^x'", R"sql(regexp_matches("a", '^x'))sql"},
        {"a LIKE ALL ('x', 'y')", R"sql((("a" LIKE 'x') AND ("a" LIKE 'y')))sql"},
        {"a IN (1, 2)", R"sql(("a" IN (1, 2)))sql"},
        {"(a, b) IN (SELECT 1, 2)", R"sql((("a", "b") IN (SELECT 1 AS "1", 2 AS "2")))sql"},
        {"arr[0]", R"sql(spark_array_get("arr", 0))sql"},
        {"m['k']", R"sql("m"['k'])sql"},
        {"m[k]", R"sql(spark_subscript("m", "k"))sql"},
        {"f(x).y", "ERROR [UNRESOLVED_ROUTINE] Cannot resolve routine f on search path [`system`.`builtin`, `system`.`session`]."},
        {"CAST(a AS STRING)", R"sql(spark_cast_string("a"))sql"},
        {"TRY_CAST(a AS INT)", R"sql(spark_try_cast_int("a"))sql"},
        {"a::decimal(10,2)", R"sql(CAST("a" AS DECIMAL(10, 2)))sql"},
        {"CAST(a AS array<struct<b: string>>)", R"sql(CAST("a" AS STRUCT("b" VARCHAR)[]))sql"},
        {"CAST(5 AS BIGINT)", "CAST(5 AS BIGINT)"},
        {"TIMESTAMP '1901-01-01'", "TIMESTAMPTZ '1901-01-01'"},
        {"DATE '2024-1'", "DATE '2024-01-01'"},
        {"-2147483648", "CAST(-2147483648 AS INTEGER)"},
        {"1L", "CAST(1 AS BIGINT)"},
        {"1.5", "1.5"},
        {"0.05", "CAST('0.05' AS DECIMAL(2, 2))"},
        {"'it''s'", "'it''s'"},
        {"'a\\0b'", "('a' || chr(0) || 'b')"},
        {"x'1f'", R"sql(CAST('\x1F' AS BLOB))sql"},
        {"current_date() + INTERVAL 1 DAY", "CAST((current_date + INTERVAL '1 days') AS DATE)"},
        {"current_timestamp() - INTERVAL 2 HOURS", "(current_timestamp + INTERVAL '-7200000000 microseconds')"},
        {"d + INTERVAL 1 MONTH", R"sql(spark_add_days("d", INTERVAL '1 months'))sql"},
        {"transform(a, (x, i) -> x + i)", R"sql(list_transform("a", lambda "x", "i": ("x" + CAST("i" - 1 AS INTEGER))))sql"},
        {"zip_with(a, b, (x, y) -> x.f + y)", R"sql(list_transform(list_zip("a", "b"), lambda "__e": ("__e"[1]."f" + "__e"[2])))sql"},
        {"struct(a, b AS c, 1)", R"sql({'a': "a", 'c': "b", 'col3': 1})sql"},
        {"count(DISTINCT a, b)", R"sql(count(DISTINCT CASE WHEN "a" IS NOT NULL AND "b" IS NOT NULL THEN row("a", "b") END))sql"},
        {"collect_list(a)", R"sql(coalesce(list("a") FILTER (WHERE "a" IS NOT NULL), []))sql"},
        {"first(a) IGNORE NULLS", R"sql((first("a") FILTER (WHERE "a" IS NOT NULL)))sql"},
        {"rank() OVER (ORDER BY a)", R"sql(CAST(rank() OVER (ORDER BY "a" ASC NULLS FIRST) AS INTEGER))sql"},
        {"date_format(ts, \"yyyy-MM-dd'T'HH:mm:ss.SS\")",
         R"sql((strftime(CAST("ts" AS TIMESTAMP), '%Y-%m-%dT%H:%M:%S.') || substr(strftime(CAST("ts" AS TIMESTAMP), '%f'), 1, 2)))sql"},
        {"regexp_replace(a, '(x)', '[$1]')", R"sql(regexp_replace("a", '(x)', '[\1]', 'g'))sql"},
        {"size(a)", R"sql(CAST(spark_size("a") AS INTEGER))sql"},
        {"substring(a, 1, 2)", R"sql(substring("a", 1, 2))sql"},
        {":p", "ERROR [UNBOUND_SQL_PARAMETER] Found the unbound parameter: p."},
        {"substr(a)", "ERROR [WRONG_NUM_ARGS.WITHOUT_SUGGESTION] The `substring` requires [2 to 3] parameters but the actual number is 1."},
        {"coalesc(a, b)", "ERROR [UNRESOLVED_ROUTINE] Cannot resolve routine coalesc on search path [`system`.`builtin`, "
                          "`system`.`session`]. Did you mean one of these? [`coalesce`]."},
        {"upper(DISTINCT a)", "ERROR [INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX] The function `upper` does not support DISTINCT."},
    };
    for (const Case &c : cases) EXPECT_EQ(RenderedExpr(c.spark), c.duckdb) << c.spark;
}

TEST(Render, ScopeAroundAnExpression) {
    FakeContext context;
    auto expr = ParseExpression("target.id = s.t.id AND x.f = 1");
    ASSERT_TRUE(expr);
    auto text = RenderExpr(**expr, context, {{"target", {}}, {"t", Name{{"main", "s", "t"}, {}}}});
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, R"sql((("target"."id" = "t"."id") AND ("x"."f" = 1)))sql");
}

TEST(Render, HelpersAreNoted) {
    FakeContext context;
    ASSERT_TRUE(RenderQuery(**ParseQuery("SELECT a / b, initcap(c) FROM t"), context));
    EXPECT_EQ(context.helpers, (std::set<std::string, std::less<>>{"spark_divide", "spark_initcap"}));
}

// The example's hardest view.
TEST(Render, TheExamplesPolls) {
    EXPECT_EQ(Rendered("SELECT * EXCEPT (translations_options)\nFROM posts_bronze\nJOIN posts_translations_bronze USING (id_oid)\n"
                       "LATERAL VIEW POSEXPLODE(IF(SIZE(translations_options) = 0, ARRAY(''), translations_options)) options AS `index`, `option`\n"
                       "WHERE translations_language = 'en'"),
              R"sql(SELECT "id_oid", * EXCLUDE ("translations_options", "id_oid") FROM scan('posts_bronze') AS "posts_bronze" JOIN scan('posts_translations_bronze') AS "posts_translations_bronze" USING ("id_oid"), LATERAL (SELECT unnest(CAST(range(len(CASE WHEN (CAST(spark_size("translations_options") AS INTEGER) = 0) THEN [''] ELSE "translations_options" END)) AS INTEGER[])), unnest(CASE WHEN (CAST(spark_size("translations_options") AS INTEGER) = 0) THEN [''] ELSE "translations_options" END)) AS "options"("index", "option") WHERE ("translations_language" = 'en'))sql");
}

}  // namespace
}  // namespace tarn::sql
