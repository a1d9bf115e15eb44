// catalog/catalog.h: the metastore: which schemas, tables and views a root has, and where they lie.
//
// It knows names and places. What a table holds stands in its Delta log alone, so that a table another
// tool changed is never out of date here. One SQLite file, `metastore.db`, in the root.
// Threads: a Catalog serialises its calls; several processes may share one root (SQLite locks).
// Errors: Result<T>; nothing throws. Names compare without regard to case, as in Spark, and are stored lower case.
// Cost: every call is one indexed SQLite statement, well under a millisecond.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace tarn::catalog {

// A fully qualified name. Parts are as the user wrote them; comparisons fold case.
struct TableName {
    std::string catalog;
    std::string schema;
    std::string table;

    std::string ToString() const;  // catalog.schema.table
    std::string ToQuoted() const;  // `catalog`.`schema`.`table`
    bool operator==(const TableName &) const = default;
};

enum class TableKind : uint8_t { kManaged, kExternal, kView, kStreamingTable, kMaterializedView };
std::string_view ToString(TableKind kind);  // "MANAGED", "EXTERNAL", "VIEW", …

struct TableEntry {
    TableName name;
    TableKind kind = TableKind::kManaged;
    std::string location;      // Absolute path of the Delta table; empty for a view.
    std::string comment;
    std::string view_text;     // The query as written; empty for a table.
    std::string view_catalog;  // The current catalog and schema when the view was made:
    std::string view_schema;   //   unqualified names in view_text resolve against them.
    std::vector<std::string> view_columns;  // Column names fixed at creation; empty: those of the query, WITH SCHEMA EVOLUTION.
    std::map<std::string, std::string> properties;
    int64_t created_at_ms = 0;  // Since 1970 UTC.

    bool IsView() const { return kind == TableKind::kView; }
};

// A table that was dropped and can be had back.
struct DroppedTable {
    std::string id;
    TableEntry entry;           // As it was.
    std::string kept_at;        // Where its files are now.
    int64_t dropped_at_ms = 0;  // Since 1970 UTC.
};

struct SchemaEntry {
    std::string catalog;
    std::string name;
    std::string comment;
};

// Catalog-managed Delta tables (PROTOCOL.md, "Catalog-managed tables"): this metastore, not a file's existence, says
// which commits are part of them. A commit is staged as a file, becomes ratified here, and is then published to the log.
struct StagedCommit {
    std::string location;  // Of the table.
    int64_t version = 0;
    std::string file;      // Its name in _delta_log/_staged_commits.
};

struct ManagedCommits {
    int64_t version = 0;                    // The newest ratified.
    std::vector<StagedCommit> unpublished;  // Ratified and not yet known to be in the log; oldest first.
};

class Catalog {
public:
    // Opens or creates ROOT/metastore.db; a new one has catalog `main` with schema `default`. `root` is an absolute path. Locations
    // below it are stored relative to it: a root may be moved between two openings.
    // Errors: IO_ERROR the folder cannot be written; DELTA_CORRUPT_LOG never (this file is SQLite).
    static Result<std::unique_ptr<Catalog>> Open(const std::filesystem::path &root);
    virtual ~Catalog() = default;

    virtual Result<std::vector<std::string>> ListCatalogs() = 0;
    virtual Result<bool> SchemaExists(const std::string &catalog, const std::string &schema) = 0;
    virtual Result<std::vector<SchemaEntry>> ListSchemas(const std::string &catalog) = 0;
    // Errors: SCHEMA_ALREADY_EXISTS.
    virtual Result<void> CreateSchema(const SchemaEntry &schema) = 0;
    // Removes an empty schema. Errors: SCHEMA_NOT_FOUND, SCHEMA_NOT_EMPTY.
    virtual Result<void> DropSchema(const std::string &catalog, const std::string &schema) = 0;

    virtual Result<std::optional<TableEntry>> FindTable(const TableName &name) = 0;
    virtual Result<std::vector<TableEntry>> ListTables(const std::string &catalog, const std::string &schema) = 0;
    // Errors: SCHEMA_NOT_FOUND; TABLE_OR_VIEW_ALREADY_EXISTS unless `replace`.
    virtual Result<void> PutTable(const TableEntry &entry, bool replace) = 0;
    // Forgets the name; the files are the caller's business. Errors: TABLE_OR_VIEW_NOT_FOUND.
    virtual Result<void> RemoveTable(const TableName &name) = 0;

    // Forgets the table's name and keeps the rest, in one step. Errors: TABLE_OR_VIEW_NOT_FOUND.
    virtual Result<void> DropTable(const DroppedTable &dropped) = 0;
    // The newest first.
    virtual Result<std::vector<DroppedTable>> ListDropped() = 0;
    virtual Result<void> ForgetDropped(const std::string &id) = 0;

    // How often queries filtered the table at `location` by each column, for CLUSTER BY AUTO. Days count from 1970, UTC.
    virtual Result<void> NoteFilters(const std::string &location, const std::vector<std::string> &columns, int64_t day) = 0;
    // The most used first.
    virtual Result<std::vector<std::pair<std::string, int64_t>>> FilterUses(const std::string &location, int64_t since_day) = 0;

    // --- Catalog-managed tables, by location.
    // From now on the table at `location`, whose log ends with `version`, is managed.
    virtual Result<void> StartManaging(const std::string &location, int64_t version) = 0;
    virtual Result<void> StopManaging(const std::string &location) = 0;
    // nullopt: not a managed table.
    virtual Result<std::optional<ManagedCommits>> FindManaged(const std::string &location) = 0;
    // The newest ratified version of every managed table, all of one moment.
    virtual Result<std::map<std::string, int64_t>> ManagedVersions() = 0;
    // Ratifies all of `commits`, of any tables, or none: false when one of them is not its table's next version.
    // Several versions of one table stand in ascending order. Durable when it returns.
    virtual Result<bool> Ratify(const std::vector<StagedCommit> &commits) = 0;
    // The log holds every version up to `version` now.
    virtual Result<void> MarkPublished(const std::string &location, int64_t version) = 0;
};

}  // namespace tarn::catalog
