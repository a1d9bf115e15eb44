// sql/statement.h: the typed tree of Spark SQL statements; see ast.h for the rules of the tree.
//
// Statements are plain structs. What the text did not say is an empty string, an empty vector, nullopt or nullptr.
// Texts (`query_text`, `text` of an expectation) are the exact source, trimmed.
#pragma once

#include "sql/ast.h"

namespace tarn::sql {

using Properties = std::vector<std::pair<std::string, std::string>>;  // in the order written; keys as written

struct ColumnDef {
    std::string name;
    DataType type;
    bool has_type = true;  // false in a view's or pipeline table's column list that only names
    bool nullable = true;
    std::string comment;
    ExprPtr default_value;       // DEFAULT e
    std::string default_text;
    ExprPtr generated;           // GENERATED ALWAYS AS (e)
    std::string generated_text;
    bool identity = false;       // GENERATED … AS IDENTITY
    bool identity_always = true; // GENERATED ALWAYS, not BY DEFAULT
    int64_t identity_start = 1;  // START WITH
    int64_t identity_step = 1;   // INCREMENT BY
    SourcePosition position;
};

enum class Violation : uint8_t { kKeep, kDropRow, kFailUpdate };

// CONSTRAINT name EXPECT (condition) [ON VIOLATION DROP ROW | FAIL UPDATE]
struct Expectation {
    std::string name;
    ExprPtr condition;
    std::string text;  // the condition as written, without the outer parentheses
    Violation on_violation = Violation::kKeep;
    SourcePosition position;
};

// CHECK (e), PRIMARY KEY (a, b), FOREIGN KEY (a) REFERENCES t (b)
struct TableConstraint {
    enum class Kind : uint8_t { kCheck, kPrimaryKey, kForeignKey };
    Kind kind = Kind::kCheck;
    std::string name;
    ExprPtr condition;  // kCheck
    std::string text;   // of the condition
    std::vector<std::string> columns;
    Name references;
    std::vector<std::string> referenced_columns;
};

// PARTITIONED BY (a, b) names columns; PARTITIONED BY (c INT) of Hive defines them, too (they go to `columns` then).
struct TableSpec {
    std::vector<ColumnDef> columns;
    std::vector<Expectation> expectations;
    std::vector<TableConstraint> constraints;
    std::string using_format;  // lower case: delta, parquet, …
    std::string location;
    std::vector<std::string> partitioned_by;
    std::vector<Name> cluster_by;
    bool cluster_by_auto = false;
    bool cluster_by_none = false;
    Properties properties;
    Properties options;
    std::string comment;
    bool schema_evolution = false;  // WITH SCHEMA EVOLUTION, of views
    std::string schedule;  // SCHEDULE …/TRIGGER ON UPDATE of a pipeline table, as written
};

struct CreateCatalog {
    bool if_not_exists = false;
    Name name;
    std::string comment;
};

struct CreateSchema {
    bool if_not_exists = false;
    Name name;
    std::string comment;
    std::string location;
    Properties properties;
};

struct CreateTable {
    bool or_replace = false;
    bool if_not_exists = false;
    bool external = false;
    Name name;
    bool is_path = false;  // CREATE TABLE delta.`/path`
    TableSpec spec;
    std::optional<Name> like;
    QueryPtr query;  // AS …; may be nullptr
    std::string query_text;
};

struct CreateView {
    bool or_replace = false;
    bool if_not_exists = false;
    bool temporary = false;
    bool global_temporary = false;
    bool pipeline = false;  // CREATE TEMPORARY LIVE VIEW, or a view with expectations: it belongs to a pipeline
    Name name;
    std::vector<ColumnDef> columns;  // has_type is false
    bool schema_evolution = false;   // WITH SCHEMA EVOLUTION: its columns are those of today
    std::vector<Expectation> expectations;
    std::string comment;
    Properties properties;
    QueryPtr query;
    std::string query_text;
};

// CREATE [OR REFRESH] [PRIVATE] STREAMING TABLE
struct CreateStreamingTable {
    bool or_refresh = false;
    bool private_ = false;
    bool if_not_exists = false;
    Name name;
    TableSpec spec;
    QueryPtr query;  // may be nullptr: flows fill the table
    std::string query_text;
};

// CREATE [OR REFRESH] [PRIVATE] MATERIALIZED VIEW; also CREATE [OR REFRESH] LIVE TABLE
struct CreateMaterializedView {
    bool or_refresh = false;
    bool or_replace = false;
    bool private_ = false;
    bool if_not_exists = false;
    Name name;
    TableSpec spec;
    QueryPtr query;
    std::string query_text;
};

enum class ScdType : uint8_t { kType1, kType2 };

// CREATE FLOW … AS AUTO CDC INTO, and the older APPLY CHANGES INTO (flow_name is empty then).
struct CreateAutoCdcFlow {
    std::string flow_name;
    std::string comment;
    Name target;
    RelationPtr source;  // TableRef, TableFunction or SubqueryRef; its `stream` says how it was written
    std::vector<Name> keys;
    bool ignore_null_updates = false;
    ExprPtr delete_when;    // may be nullptr
    ExprPtr truncate_when;  // may be nullptr
    ExprPtr sequence_by;
    std::vector<std::string> columns;         // COLUMNS (a, b); empty: all
    std::vector<std::string> except_columns;  // COLUMNS * EXCEPT (a, b)
    ScdType scd_type = ScdType::kType1;
    std::vector<std::string> track_history_columns;         // TRACK HISTORY ON (a, b)
    std::vector<std::string> track_history_except_columns;  // TRACK HISTORY ON * EXCEPT (a, b)
    std::string source_text;
    std::string sequence_text;
};

// CREATE FLOW name AS INSERT INTO [ONCE] target [BY NAME] query
struct CreateInsertFlow {
    std::string flow_name;
    std::string comment;
    Name target;
    bool once = false;
    bool by_name = false;
    QueryPtr query;
    std::string query_text;
};

struct QueryStatement {
    QueryPtr query;
};

// PARTITION (a = 'x', b): a constant, or nullptr where the rows say it.
struct PartitionValue {
    std::string column;
    ExprPtr value;
    SourcePosition position;
};

struct Insert {
    bool overwrite = false;
    bool schema_evolution = false;
    Name table;
    bool is_path = false;
    std::string alias;  // only before REPLACE ON
    std::vector<std::string> columns;
    bool by_name = false;
    std::vector<PartitionValue> partition;
    ExprPtr replace_where;                   // REPLACE WHERE e query
    std::vector<std::string> replace_using;  // REPLACE USING (a, b) query
    ExprPtr replace_on;                      // REPLACE ON e (query) AS s
    std::string source_alias;
    QueryPtr query;         // VALUES is a query, too; DEFAULT stands in it as ColumnRef "DEFAULT"
    std::string query_text;
};

struct Assignment {
    Name column;
    ExprPtr value;
};

struct Update {
    Name table;
    bool is_path = false;
    std::string alias;
    std::vector<Assignment> assignments;
    ExprPtr where;  // may be nullptr
};

struct Delete {
    Name table;
    bool is_path = false;
    std::string alias;
    ExprPtr where;  // may be nullptr
};

struct MergeClause {
    enum class When : uint8_t { kMatched, kNotMatched, kNotMatchedBySource };
    enum class Action : uint8_t { kUpdate, kUpdateAll, kInsert, kInsertAll, kDelete };
    When when = When::kMatched;
    ExprPtr condition;  // AND …; may be nullptr
    Action action = Action::kDelete;
    // kUpdate: column = value. kInsert: columns[i] gets values[i], as assignments in the order written.
    std::vector<Assignment> assignments;
    std::vector<std::string> except;  // UPDATE SET * EXCEPT (a), INSERT * EXCEPT (a)
    SourcePosition position;
};

struct Merge {
    bool schema_evolution = false;
    Name target;
    bool target_is_path = false;
    std::string target_alias;
    RelationPtr source;  // TableRef, SubqueryRef, …; its alias stands in the relation
    ExprPtr condition;
    std::vector<MergeClause> clauses;
};

struct Truncate {
    Name table;
    bool is_path = false;
    std::vector<PartitionValue> partition;
};

// COPY INTO t [BY POSITION | (a, b)] FROM 'path' | (SELECT … FROM 'path') FILEFORMAT = f …
struct CopyInto {
    Name table;
    bool is_path = false;
    std::vector<std::string> columns;
    bool by_position = false;
    QueryPtr query;             // It reads the files as the table function kCopySource; nullptr: all their columns
    std::string source;         // file, folder or pattern
    SourcePosition source_position;
    std::string format;         // lower case
    bool validate = false;
    std::optional<int64_t> validate_rows;  // VALIDATE n ROWS; nullopt: all of them
    std::vector<std::string> files;        // below the source
    std::string pattern;
    Properties format_options;
    Properties copy_options;
};
inline constexpr std::string_view kCopySource = "__copy_source";

enum class ObjectKind : uint8_t { kTable, kView, kSchema, kCatalog, kFunction, kMaterializedView, kStreamingTable };

struct Drop {
    ObjectKind kind = ObjectKind::kTable;
    bool if_exists = false;
    bool cascade = false;  // schemas; RESTRICT is the default
    bool temporary = false;
    bool purge = false;  // Tables: not to be had back.
    Name name;
};

// UNDROP TABLE t | UNDROP TABLE WITH ID 'id'
struct Undrop {
    Name name;
    std::string id;  // "": the newest dropped table of that name.
};

struct AddColumn {
    ColumnDef column;
    Name path;  // where it goes: {"a"} or, in a struct, {"s", "a"}
    bool first = false;
    std::string after;
};

struct AlterTable {
    enum class Action : uint8_t {
        kAddColumns, kDropColumns, kRenameColumn, kRenameTo, kSetProperties, kUnsetProperties, kSetLocation,
        kAlterColumnType, kAlterColumnComment, kAlterColumnSetNotNull, kAlterColumnDropNotNull,
        kAlterColumnSetDefault, kAlterColumnDropDefault, kAddConstraint, kDropConstraint, kClusterBy,
        kAlterColumnPosition, kAlterColumnSyncIdentity, kChangeColumn, kReplaceColumns, kDropFeature,
    };
    ObjectKind kind = ObjectKind::kTable;  // kTable or kView
    Name table;
    Action action = Action::kAddColumns;
    std::vector<AddColumn> add_columns;  // kAddColumns, kReplaceColumns; kChangeColumn: what the column shall be
    std::vector<Name> columns;   // dropped; or the one that is altered or renamed
    bool first = false;          // kAlterColumnPosition
    std::string after;
    Name new_name;               // kRenameTo, kRenameColumn
    Properties properties;       // kSetProperties
    std::vector<std::string> property_keys;  // kUnsetProperties
    bool if_exists = false;
    bool if_not_exists = false;
    DataType type;
    std::string text;            // comment, location, the default's text
    ExprPtr default_value;
    TableConstraint constraint;  // kAddConstraint; kDropConstraint uses its name
    std::vector<Name> cluster_by;  // empty: NONE
    bool cluster_by_auto = false;
    std::string feature;           // kDropFeature
    bool truncate_history = false;
};

// ALTER VIEW v AS query
struct AlterViewQuery {
    Name view;
    QueryPtr query;
    std::string query_text;
};

// COMMENT ON TABLE t IS 'text'
struct CommentOn {
    ObjectKind kind = ObjectKind::kTable;
    Name name;
    std::optional<std::string> comment;  // nullopt: IS NULL
};

struct Show {
    enum class What : uint8_t {
        kCatalogs, kSchemas, kTables, kTableExtended, kViews, kColumns, kCreateTable, kProperties, kFunctions,
        kPartitions, kTablesDropped,
    };
    What what = What::kTables;
    Name in;      // IN/FROM schema or catalog; or the table for kColumns, kCreateTable, kProperties, kPartitions
    std::optional<std::string> like;
    std::string property_key;  // SHOW TBLPROPERTIES t ('key')
    std::string function_kind; // upper case: USER, SYSTEM, ALL or ""
    std::optional<int64_t> limit;  // kTablesDropped
};

struct Describe {
    enum class What : uint8_t { kTable, kSchema, kCatalog, kHistory, kDetail, kQuery, kFunction };
    What what = What::kTable;
    bool extended = false;
    bool as_json = false;
    Name name;
    bool is_path = false;  // DESCRIBE HISTORY delta.`/path`; '/path' in quotes gives {"delta", "/path"}
    Name column;           // DESCRIBE t col
    QueryPtr query;        // kQuery
    std::optional<int64_t> limit;  // DESCRIBE HISTORY t LIMIT n
};

struct Use {
    ObjectKind kind = ObjectKind::kSchema;  // kCatalog or kSchema; `USE a.b` is kSchema with two parts
    Name name;
};

// SET; SET k; SET k = v; SET TIME ZONE v
struct Set {
    bool time_zone = false;
    bool all = false;  // a bare SET, or SET -v
    std::string key;
    std::optional<std::string> value;  // as written, trimmed; for SET TIME ZONE the text or "LOCAL"
};

struct Reset {
    std::string key;  // empty: all
};

struct Statement;

struct Explain {
    std::string mode;  // upper case: EXTENDED, CODEGEN, COST, FORMATTED or ""
    std::shared_ptr<const Statement> statement;
};

// OPTIMIZE t [WHERE e] [ZORDER BY (a, b)]
struct Optimize {
    Name table;
    bool is_path = false;
    ExprPtr where;
    std::vector<Name> zorder_by;
    bool full = false;
};

// REORG TABLE t [WHERE e] APPLY (PURGE)
struct Reorg {
    Name table;
    bool is_path = false;
    ExprPtr where;
};

// VACUUM t [FULL | LITE] [USING INVENTORY r] [RETAIN n HOURS] [DRY RUN]
struct Vacuum {
    Name table;
    bool is_path = false;
    bool lite = false;
    std::optional<double> retain_hours;
    bool dry_run = false;
    RelationPtr inventory;  // A table or a query that lists the files; may be nullptr
};

// CONVERT TO DELTA parquet.`/path` [NO STATISTICS] [PARTITIONED BY (a INT)]
struct ConvertToDelta {
    Name table;  // for a path: {format, path}
    bool is_path = false;
    bool statistics = true;
    std::vector<ColumnDef> partitioned_by;
};

// CREATE [OR REPLACE] TABLE t [SHALLOW | DEEP] CLONE s [VERSION AS OF n] [TBLPROPERTIES (…)] [LOCATION '…']
struct CloneTable {
    bool or_replace = false;
    bool if_not_exists = false;
    Name name;
    bool is_path = false;
    bool shallow = false;
    TableRef source;
    Properties properties;
    std::string location;
};

// ANALYZE TABLE t COMPUTE [DELTA] STATISTICS [NOSCAN | FOR COLUMNS a, b | FOR ALL COLUMNS]
struct AnalyzeTable {
    Name table;
    bool is_path = false;
    bool delta = false;
    bool no_scan = false;
    bool all_columns = false;
    std::vector<Name> columns;
};

// RESTORE TABLE t TO VERSION AS OF n | TIMESTAMP AS OF e
struct Restore {
    TableRef table;
};

// REFRESH TABLE t, REFRESH STREAMING TABLE t [FULL], CACHE TABLE t, UNCACHE, CLEAR CACHE:
// valid Spark that needs no work here, or only a hint.
struct Maintenance {
    std::string command;  // upper case: "REFRESH TABLE", "CACHE TABLE", "CLEAR CACHE", …
    Name name;
    bool full = false;
};

// BEGIN ATOMIC a; b; … END: all of it happens, or nothing.
struct AtomicBlock {
    std::vector<std::shared_ptr<const Statement>> statements;
};

struct Statement {
    using Node = std::variant<QueryStatement, CreateCatalog, CreateSchema, CreateTable, CreateView, CreateStreamingTable,
                              CreateMaterializedView, CreateAutoCdcFlow, CreateInsertFlow, Insert, Update, Delete, Merge,
                              Truncate, CopyInto, Drop, Undrop, AlterTable, AlterViewQuery, CommentOn, Show, Describe, Use, Set, Reset,
                              Explain, Optimize, Vacuum, Restore, Maintenance, Reorg, ConvertToDelta, CloneTable, AnalyzeTable, AtomicBlock>;
    Node node;
    SourcePosition position;

    template <class T>
    const T *As() const {
        return std::get_if<T>(&node);
    }
};

}  // namespace tarn::sql
