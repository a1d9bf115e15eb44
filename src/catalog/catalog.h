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
    std::vector<std::string> view_columns;  // Column names fixed at creation.
    std::map<std::string, std::string> properties;
    int64_t created_at_ms = 0;  // Since 1970 UTC.

    bool IsView() const { return kind == TableKind::kView; }
};

struct SchemaEntry {
    std::string catalog;
    std::string name;
    std::string comment;
};

class Catalog {
public:
    // Opens or creates ROOT/metastore.db; a new one has catalog `main` with schema `default`.
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
};

// The names nearest to `name` by edit distance, for "did you mean"; at most `count`, best first.
std::vector<std::string> NearestNames(const std::string &name, const std::vector<std::string> &candidates, size_t count);

}  // namespace tarn::catalog
