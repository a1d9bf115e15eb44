#include "support.h"

namespace tarn::sql {
namespace {

TEST(Statement, StreamingTable) {
    auto table = Parsed<CreateStreamingTable>(
        "CREATE OR REFRESH PRIVATE STREAMING TABLE main.s.users_raw (\n"
        "  id STRING NOT NULL COMMENT 'key',\n"
        "  CONSTRAINT has_id EXPECT (id IS NOT NULL) ON VIOLATION DROP ROW,\n"
        "  CONSTRAINT positive EXPECT (n > 0 AND (m < 1)) ON VIOLATION FAIL UPDATE,\n"
        "  CONSTRAINT known EXPECT (country IS NOT NULL))\n"
        "COMMENT 'raw' TBLPROPERTIES ('quality' = 'bronze', a.b = 1, c = true) PARTITIONED BY (day) CLUSTER BY (a, b.c)\n"
        "AS SELECT *, _metadata.file_path FROM STREAM read_files('/x/*.json', format => 'mongo')");
    EXPECT_TRUE(table.or_refresh);
    EXPECT_TRUE(table.private_);
    EXPECT_EQ(table.name.ToString(), "main.s.users_raw");
    ASSERT_EQ(table.spec.columns.size(), 1u);
    EXPECT_FALSE(table.spec.columns[0].nullable);
    ASSERT_EQ(table.spec.expectations.size(), 3u);
    EXPECT_EQ(table.spec.expectations[0].on_violation, Violation::kDropRow);
    EXPECT_EQ(table.spec.expectations[1].on_violation, Violation::kFailUpdate);
    EXPECT_EQ(table.spec.expectations[1].text, "n > 0 AND (m < 1)");
    EXPECT_EQ(table.spec.expectations[2].on_violation, Violation::kKeep);
    EXPECT_EQ(table.spec.properties, (Properties{{"quality", "bronze"}, {"a.b", "1"}, {"c", "true"}}));
    EXPECT_EQ(table.spec.partitioned_by, std::vector<std::string>{"day"});
    EXPECT_EQ(table.spec.cluster_by.size(), 2u);
    EXPECT_EQ(table.query_text, "SELECT *, _metadata.file_path FROM STREAM read_files('/x/*.json', format => 'mongo')");
    QueryUses uses = CollectUses(*table.query);
    ASSERT_EQ(uses.functions.size(), 1u);
    EXPECT_TRUE(uses.functions[0].stream);
    EXPECT_EQ(Parsed<CreateStreamingTable>("CREATE OR REFRESH STREAMING TABLE t").query, nullptr);
}

TEST(Statement, AutoCdc) {
    auto flow = Parsed<CreateAutoCdcFlow>(
        "CREATE FLOW f COMMENT 'c' AS AUTO CDC INTO users FROM STREAM(users_raw) KEYS (id, `a b`) IGNORE NULL UPDATES\n"
        "APPLY AS DELETE WHEN op = 'D' APPLY AS TRUNCATE WHEN op = 'T'\n"
        "SEQUENCE BY COALESCE(updated, TIMESTAMP '1901-01-01') COLUMNS * EXCEPT (op, seq) STORED AS SCD TYPE 2 TRACK HISTORY ON (x)");
    EXPECT_EQ(flow.flow_name, "f");
    EXPECT_EQ(flow.target.ToString(), "users");
    ASSERT_NE(flow.source, nullptr);
    EXPECT_TRUE(flow.source->As<TableRef>()->stream);
    EXPECT_EQ(flow.source_text, "STREAM(users_raw)");
    EXPECT_EQ(flow.keys[1].Last(), "a b");
    EXPECT_TRUE(flow.ignore_null_updates);
    EXPECT_NE(flow.delete_when, nullptr);
    EXPECT_NE(flow.truncate_when, nullptr);
    EXPECT_EQ(flow.sequence_text, "COALESCE(updated, TIMESTAMP '1901-01-01')");
    EXPECT_EQ(flow.except_columns, (std::vector<std::string>{"op", "seq"}));
    EXPECT_EQ(flow.scd_type, ScdType::kType2);
    EXPECT_EQ(flow.track_history_columns, std::vector<std::string>{"x"});

    auto old = Parsed<CreateAutoCdcFlow>("APPLY CHANGES INTO live.t FROM STREAM x KEYS (id) SEQUENCE BY s COLUMNS (id, s)");
    EXPECT_EQ(old.flow_name, "");
    EXPECT_EQ(old.target.ToString(), "live.t");
    EXPECT_EQ(old.columns.size(), 2u);
    auto from_query = Parsed<CreateAutoCdcFlow>("CREATE FLOW f AS AUTO CDC INTO t FROM (SELECT * FROM STREAM(x)) KEYS (id) SEQUENCE BY s");
    EXPECT_NE(from_query.source->As<SubqueryRef>(), nullptr);
    EXPECT_EQ(ParseOutcome("CREATE FLOW f AS AUTO CDC INTO t FROM x KEYS (id)"), "PARSE_SYNTAX_ERROR 1:50");
}

TEST(Statement, PipelineViewsAndFlows) {
    EXPECT_TRUE(Parsed<CreateMaterializedView>("CREATE OR REFRESH MATERIALIZED VIEW v AS SELECT 1").or_refresh);
    EXPECT_EQ(Parsed<CreateMaterializedView>("CREATE MATERIALIZED VIEW v (a COMMENT 'x', b) AS SELECT 1, 2").spec.columns.size(), 2u);
    auto view = Parsed<CreateView>("CREATE TEMPORARY LIVE VIEW v (CONSTRAINT c EXPECT (a > 0)) AS SELECT 1 AS a");
    EXPECT_TRUE(view.pipeline);
    EXPECT_TRUE(view.temporary);
    EXPECT_EQ(view.expectations.size(), 1u);
    auto flow = Parsed<CreateInsertFlow>("CREATE FLOW f AS INSERT INTO ONCE t BY NAME SELECT * FROM a");
    EXPECT_TRUE(flow.once);
    EXPECT_TRUE(flow.by_name);
    EXPECT_EQ(flow.query_text, "SELECT * FROM a");
}

TEST(Statement, CreateTableAndView) {
    auto table = Parsed<CreateTable>(
        "CREATE OR REPLACE TABLE s.t (a INT NOT NULL DEFAULT 1 + 2, b STRUCT<x: INT> COMMENT 'b', c DATE GENERATED ALWAYS AS (CAST(d AS DATE)),"
        " id BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 1), CONSTRAINT pk PRIMARY KEY (a), CHECK (a > 0)) USING DELTA"
        " LOCATION '/p' OPTIONS ('k' 'v') COMMENT 'c'");
    EXPECT_TRUE(table.or_replace);
    EXPECT_EQ(table.spec.columns.size(), 4u);
    EXPECT_EQ(table.spec.columns[0].default_text, "1 + 2");
    EXPECT_EQ(table.spec.columns[2].generated_text, "CAST(d AS DATE)");
    EXPECT_TRUE(table.spec.columns[3].identity);
    EXPECT_EQ(table.spec.constraints.size(), 2u);
    EXPECT_EQ(table.spec.using_format, "delta");
    EXPECT_EQ(table.spec.location, "/p");
    EXPECT_NE(Parsed<CreateTable>("CREATE TABLE IF NOT EXISTS t USING DELTA AS SELECT 1 AS a").query, nullptr);
    EXPECT_NE(Parsed<CreateTable>("CREATE TABLE t (SELECT 1 AS a)").query, nullptr);
    EXPECT_TRUE(Parsed<CreateTable>("CREATE TABLE delta.`/a/b` (x INT)").is_path);
    EXPECT_EQ(Parsed<CreateTable>("CREATE TABLE t LIKE u").like->ToString(), "u");
    EXPECT_EQ(Parsed<CreateTable>("CREATE TABLE t (a INT) PARTITIONED BY (b STRING)").spec.columns.size(), 2u);
    auto view = Parsed<CreateView>("CREATE VIEW IF NOT EXISTS v (a COMMENT 'x') TBLPROPERTIES ('p'='q') AS\n WITH c AS (SELECT 1) SELECT * FROM c ;");
    EXPECT_TRUE(view.if_not_exists);
    EXPECT_EQ(view.query_text, "WITH c AS (SELECT 1) SELECT * FROM c");
    EXPECT_EQ(view.columns[0].comment, "x");
    EXPECT_EQ(Parsed<CreateSchema>("CREATE DATABASE IF NOT EXISTS c.s COMMENT 'x' MANAGED LOCATION '/p' WITH DBPROPERTIES (a='b')").location, "/p");
    EXPECT_EQ(Parsed<CreateCatalog>("CREATE CATALOG c").name.Last(), "c");
}

TEST(Statement, Dml) {
    auto insert = Parsed<Insert>("INSERT INTO TABLE s.t (a, b) VALUES (1, DEFAULT), (2, 'x')");
    EXPECT_EQ(insert.columns.size(), 2u);
    EXPECT_EQ(insert.query->body->As<Values>()->rows.size(), 2u);
    EXPECT_TRUE(Parsed<Insert>("INSERT OVERWRITE t SELECT 1").overwrite);
    EXPECT_TRUE(Parsed<Insert>("INSERT INTO t BY NAME SELECT 1 AS a").by_name);
    EXPECT_NE(Parsed<Insert>("INSERT INTO t REPLACE WHERE a > 1 AND b = 2 SELECT 1").replace_where, nullptr);
    EXPECT_TRUE(Parsed<Insert>("INSERT INTO delta.`/x/y` SELECT 1").is_path);
    EXPECT_EQ(Parsed<Insert>("INSERT INTO t AS x REPLACE ON x.a = s.b (SELECT 1 AS b) AS s").source_alias, "s");
    EXPECT_EQ(Parsed<Insert>("INSERT INTO t REPLACE USING (a, b) SELECT 1, 2").replace_using.size(), 2u);
    EXPECT_TRUE(Parsed<Insert>("INSERT WITH SCHEMA EVOLUTION INTO t SELECT 1").schema_evolution);
    EXPECT_EQ(Parsed<Insert>("INSERT INTO t PARTITION (a = 'x', b) SELECT 1, 2").partition[1].value, nullptr);
    EXPECT_EQ(Parsed<Insert>("WITH c AS (SELECT 1 AS a) INSERT INTO t SELECT * FROM c").query->with.size(), 1u);
    auto update = Parsed<Update>("UPDATE t AS x SET a = 1, b.c = x.d + 1 WHERE a IS NULL");
    EXPECT_EQ(update.alias, "x");
    EXPECT_EQ(update.assignments[1].column.ToString(), "b.c");
    EXPECT_EQ(Parsed<Update>("UPDATE t SET a = 1").alias, "");
    EXPECT_NE(Parsed<Delete>("DELETE FROM t WHERE a IN (SELECT b FROM u)").where, nullptr);
    EXPECT_EQ(Parsed<Delete>("DELETE FROM t").where, nullptr);
    EXPECT_EQ(Parsed<Truncate>("TRUNCATE TABLE t").table.Last(), "t");
}

TEST(Statement, CopyInto) {
    auto copy = Parsed<CopyInto>("COPY INTO s.t FROM 'a/b' FILEFORMAT = Parquet");
    EXPECT_EQ(copy.source, "a/b");
    EXPECT_EQ(copy.format, "parquet");
    EXPECT_EQ(copy.query, nullptr);
    copy = Parsed<CopyInto>(
        "COPY INTO delta.`/t` (a, b) FROM (SELECT _c0, e._c1 FROM 's3://x/y' AS e) FILEFORMAT = CSV VALIDATE 15 ROWS\n"
        "FILES = ('f1', 'f2') FORMAT_OPTIONS ('header' = 'true', sep = '|') COPY_OPTIONS ('force' = 'true')");
    EXPECT_TRUE(copy.is_path);
    EXPECT_EQ(copy.columns.size(), 2u);
    EXPECT_EQ(copy.source, "s3://x/y");
    EXPECT_EQ(copy.source_position, (SourcePosition{1, 58}));
    EXPECT_NE(copy.query, nullptr);
    EXPECT_EQ(copy.validate_rows, 15);
    EXPECT_EQ(copy.files.size(), 2u);
    EXPECT_EQ(copy.format_options[1], (std::pair<std::string, std::string>("sep", "|")));
    EXPECT_TRUE(Parsed<CopyInto>("COPY INTO t BY POSITION FROM 'a' FILEFORMAT = CSV VALIDATE ALL PATTERN = '*.csv'").by_position);
    EXPECT_EQ(ParseOutcome("COPY INTO t FROM (SELECT 1) FILEFORMAT = CSV"), "PARSE_SYNTAX_ERROR 1:27");
    EXPECT_EQ(ParseOutcome("SELECT * FROM 'a'"), "PARSE_SYNTAX_ERROR 1:15");
}

TEST(Statement, Merge) {
    auto merge = Parsed<Merge>(
        "MERGE WITH SCHEMA EVOLUTION INTO s.t AS t USING (SELECT * FROM u) AS s ON t.id = s.id\n"
        "WHEN MATCHED AND s.deleted THEN DELETE\n"
        "WHEN MATCHED THEN UPDATE SET t.a = s.a, b = 2\n"
        "WHEN NOT MATCHED BY TARGET AND s.a > 1 THEN INSERT (id, a) VALUES (s.id, s.a)\n"
        "WHEN NOT MATCHED THEN INSERT *\n"
        "WHEN NOT MATCHED BY SOURCE THEN UPDATE SET gone = true");
    EXPECT_TRUE(merge.schema_evolution);
    EXPECT_EQ(merge.target_alias, "t");
    EXPECT_EQ(merge.source->alias->name, "s");
    ASSERT_EQ(merge.clauses.size(), 5u);
    EXPECT_EQ(merge.clauses[0].action, MergeClause::Action::kDelete);
    EXPECT_NE(merge.clauses[0].condition, nullptr);
    EXPECT_EQ(merge.clauses[1].assignments.size(), 2u);
    EXPECT_EQ(merge.clauses[2].assignments[1].column.Last(), "a");
    EXPECT_EQ(merge.clauses[3].action, MergeClause::Action::kInsertAll);
    EXPECT_EQ(merge.clauses[4].when, MergeClause::When::kNotMatchedBySource);
    EXPECT_EQ(merge.clauses[4].position, (SourcePosition{6, 1}));
    EXPECT_EQ(Parsed<Merge>("MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN UPDATE SET *").target_alias, "");
    EXPECT_EQ(ParseOutcome("MERGE INTO t USING u ON a = b"), "PARSE_SYNTAX_ERROR 1:30");
    EXPECT_EQ(ParseOutcome("MERGE INTO t USING u ON a = b WHEN NOT MATCHED THEN DELETE"), "PARSE_SYNTAX_ERROR 1:53");
    EXPECT_EQ(ParseOutcome("MERGE INTO t USING u ON a = b WHEN NOT MATCHED THEN INSERT (a) VALUES (1, 2)"), "PARSE_SYNTAX_ERROR 1:71");
}

TEST(Statement, AlterDropAndFriends) {
    auto add = Parsed<AlterTable>("ALTER TABLE t ADD COLUMNS (a INT COMMENT 'x' AFTER b, s.c STRING)");
    ASSERT_EQ(add.add_columns.size(), 2u);
    EXPECT_EQ(add.add_columns[0].after, "b");
    EXPECT_EQ(add.add_columns[1].path.ToString(), "s.c");
    EXPECT_EQ(Parsed<AlterTable>("ALTER TABLE t SET TBLPROPERTIES ('a'='b')").properties.size(), 1u);
    EXPECT_EQ(Parsed<AlterTable>("ALTER TABLE t UNSET TBLPROPERTIES IF EXISTS ('a', b)").property_keys.size(), 2u);
    EXPECT_EQ(Parsed<AlterTable>("ALTER TABLE t RENAME TO s.u").new_name.ToString(), "s.u");
    EXPECT_EQ(Parsed<AlterTable>("ALTER TABLE t ALTER COLUMN a TYPE BIGINT").type.ToString(), "bigint");
    EXPECT_EQ(Parsed<AlterTable>("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 1)").constraint.text, "a > 1");
    EXPECT_EQ(Parsed<AlterTable>("ALTER TABLE t RENAME COLUMN a TO b").new_name.Last(), "b");
    EXPECT_EQ(Parsed<AlterViewQuery>("ALTER VIEW v AS SELECT 2").query_text, "SELECT 2");
    auto drop = Parsed<Drop>("DROP SCHEMA IF EXISTS a.b CASCADE");
    EXPECT_TRUE(drop.if_exists);
    EXPECT_TRUE(drop.cascade);
    EXPECT_EQ(drop.kind, ObjectKind::kSchema);
    EXPECT_EQ(Parsed<Drop>("DROP VIEW v").kind, ObjectKind::kView);
    EXPECT_EQ(*Parsed<CommentOn>("COMMENT ON TABLE t IS 'x'").comment, "x");
    EXPECT_EQ(Parsed<Use>("USE CATALOG main").kind, ObjectKind::kCatalog);
    EXPECT_EQ(Parsed<Use>("USE main.s").name.parts.size(), 2u);
    EXPECT_EQ(Parsed<Use>("USE catalog").kind, ObjectKind::kSchema);
    auto set = Parsed<Set>("SET spark.sql.ansi.enabled = false");
    EXPECT_EQ(set.key, "spark.sql.ansi.enabled");
    EXPECT_EQ(*set.value, "false");
    EXPECT_TRUE(Parsed<Set>("SET TIME ZONE 'UTC'").time_zone);
    EXPECT_TRUE(Parsed<Set>("SET").all);
    EXPECT_EQ(Parsed<Reset>("RESET a.b").key, "a.b");
    EXPECT_NE(Parsed<Explain>("EXPLAIN EXTENDED SELECT 1").statement->As<QueryStatement>(), nullptr);
    EXPECT_EQ(Parsed<Optimize>("OPTIMIZE t WHERE d > 1 ZORDER BY (a, b)").zorder_by.size(), 2u);
    EXPECT_EQ(*Parsed<Vacuum>("VACUUM t RETAIN 168 HOURS DRY RUN").retain_hours, 168);
    EXPECT_EQ(*Parsed<Restore>("RESTORE TABLE t TO VERSION AS OF 3").table.version, 3);
    EXPECT_EQ(Parsed<Maintenance>("REFRESH TABLE t").command, "REFRESH TABLE");
}

TEST(Statement, ShowAndDescribe) {
    auto tables = Parsed<Show>("SHOW TABLES IN main.s LIKE 'u*'");
    EXPECT_EQ(tables.what, Show::What::kTables);
    EXPECT_EQ(tables.in.ToString(), "main.s");
    EXPECT_EQ(*tables.like, "u*");
    EXPECT_EQ(Parsed<Show>("SHOW DATABASES").what, Show::What::kSchemas);
    EXPECT_EQ(Parsed<Show>("SHOW CREATE TABLE t").what, Show::What::kCreateTable);
    EXPECT_EQ(Parsed<Show>("SHOW COLUMNS IN t IN s").in.ToString(), "s.t");
    EXPECT_EQ(Parsed<Show>("SHOW TBLPROPERTIES t ('k')").property_key, "k");
    EXPECT_EQ(Parsed<Show>("SHOW TABLES DROPPED IN s LIMIT 2").what, Show::What::kTablesDropped);
    EXPECT_EQ(Parsed<Undrop>("UNDROP TABLE a.t").name.ToString(), "a.t");
    EXPECT_EQ(Parsed<Undrop>("UNDROP TABLE WITH ID 'x'").id, "x");
    EXPECT_TRUE(Parsed<Drop>("DROP TABLE t PURGE").purge);
    EXPECT_EQ(ParseOutcome("SHOW TABELS"), "PARSE_SYNTAX_ERROR 1:6");
    EXPECT_TRUE(Parsed<Describe>("DESCRIBE TABLE EXTENDED t").extended);
    EXPECT_EQ(Parsed<Describe>("DESC HISTORY t LIMIT 2").what, Describe::What::kHistory);
    EXPECT_EQ(*Parsed<Describe>("DESC HISTORY t LIMIT 2").limit, 2);
    EXPECT_TRUE(Parsed<Describe>("DESCRIBE DETAIL delta.`/a/b`").is_path);
    EXPECT_EQ(Parsed<Describe>("DESCRIBE QUERY SELECT 1").what, Describe::What::kQuery);
    EXPECT_EQ(Parsed<Describe>("DESCRIBE SCHEMA s").what, Describe::What::kSchema);
    EXPECT_EQ(Parsed<Describe>("DESCRIBE t a").column.Last(), "a");
    EXPECT_EQ(Parsed<Describe>("DESCRIBE history").what, Describe::What::kTable);
}

}  // namespace
}  // namespace tarn::sql
