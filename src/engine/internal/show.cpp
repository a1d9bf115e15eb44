// SHOW and DESCRIBE: column names and forms are those of Spark and Databricks.
#include <fnmatch.h>

#include <algorithm>
#include <set>

#include "delta/schema.h"
#include "engine/internal/ai_functions.h"
#include "engine/internal/show_create.h"
#include "engine/internal/statements.h"
#include "engine/internal/table_change.h"
#include "engine/internal/types.h"
#include "sql/functions.h"

namespace tarn::engine {
namespace {

using Cells = std::vector<std::optional<std::string>>;

Column Text(const std::string &name) { return {name, DataType::Of(TypeKind::kString)}; }

// SHOW … LIKE: `*` for any text, `|` between alternatives, without regard to case.
bool Matches(const std::optional<std::string> &pattern, const std::string &name) {
    if (!pattern) return true;
    std::string rest = ToLower(*pattern), text = ToLower(name);
    while (true) {
        size_t bar = rest.find('|');
        std::string one = rest.substr(0, bar);
        std::ranges::replace(one, '%', '*');
        if (fnmatch(one.c_str(), text.c_str(), 0) == 0) return true;
        if (bar == std::string::npos) return false;
        rest = rest.substr(bar + 1);
    }
}

struct SchemaName {
    std::string catalog, schema;
};

Result<SchemaName> SchemaOf(SessionState &session, const sql::Name &in) {
    SchemaName name{session.current_catalog, session.current_schema};
    if (!in.empty()) name.schema = in.Last();
    if (in.parts.size() > 1) name.catalog = in.parts[0];
    TARN_TRY(bool exists, session.engine.catalog->SchemaExists(name.catalog, name.schema));
    if (exists) return name;
    return Fail(ErrorKind::kNotFound, "SCHEMA_NOT_FOUND",
                "The schema `" + name.catalog + "`.`" + name.schema + "` cannot be found.");
}

// system.ai's tables are no entries of the metastore.
Result<ResultPtr> DescribeText(SessionState &session, const std::string &text) {
    TARN_TRY(DataType schema, DescribeQuery(session, text));
    std::vector<Cells> rows;
    for (const Field &field : schema.fields) rows.push_back({field.name, field.type.ToString(), std::nullopt});
    return RowsResult({Text("col_name"), Text("data_type"), Text("comment")}, std::move(rows));
}

Result<ResultPtr> ShowTables(SessionState &session, const sql::Show &statement) {
    if (statement.in.parts.size() == 2 && !AiTable(statement.in.parts[0], statement.in.parts[1], "usage").empty()) {
        std::vector<Cells> rows;
        for (const char *name : {"cache", "usage"}) {
            if (statement.what == sql::Show::What::kTables && Matches(statement.like, name)) rows.push_back({"ai", name, "false"});
        }
        return RowsResult({Text("database"), Text("tableName"), {"isTemporary", DataType::Of(TypeKind::kBoolean)}}, std::move(rows));
    }
    TARN_TRY(SchemaName schema, SchemaOf(session, statement.in));
    TARN_TRY(auto tables, session.engine.catalog->ListTables(schema.catalog, schema.schema));
    bool views = statement.what == sql::Show::What::kViews;
    std::vector<Cells> rows;
    for (auto &entry : tables) {
        if ((views && !entry.IsView()) || !Matches(statement.like, entry.name.table)) continue;
        rows.push_back({entry.name.schema, entry.name.table, "false"});
    }
    for (auto &[name, view] : session.temporary_views) {
        if (Matches(statement.like, name)) rows.push_back({"", name, "true"});
    }
    return RowsResult({Text(views ? "namespace" : "database"), Text(views ? "viewName" : "tableName"),
                       {"isTemporary", DataType::Of(TypeKind::kBoolean)}}, std::move(rows));
}

// The partitions that have files, from the log alone.
Result<ResultPtr> ShowPartitions(StatementContext &context, const sql::Show &statement) {
    TARN_TRY(TargetTable target, context.FindTarget(statement.in, false, false));
    const delta::Metadata &metadata = target.snapshot->metadata;
    if (metadata.partition_columns.empty()) {
        return Fail(ErrorKind::kInvalidInput, "INVALID_PARTITION_OPERATION.PARTITION_SCHEMA_IS_EMPTY", "Table " + target.ToString() + " is not partitioned.");
    }
    std::vector<Column> columns;
    std::vector<std::string> physical;
    for (const std::string &name : metadata.partition_columns) {
        const Field *field = metadata.schema.FindField(name);
        columns.push_back(Text(name));
        physical.push_back(field ? delta::PhysicalName(*field) : name);
    }
    std::set<Cells> partitions;
    target.snapshot->files.rows().ForEach([&](const delta::FileRow &file) {
        auto values = file.AllPartitionValues();
        Cells cells;
        for (const std::string &name : physical) {
            auto value = std::ranges::find_if(values, [&](auto &one) { return EqualsIgnoreCase(one.first, name); });
            cells.push_back(value == values.end() || !value->second || value->second->empty() ? std::nullopt : std::optional(*value->second));
        }
        partitions.insert(std::move(cells));
    });
    return RowsResult(std::move(columns), {partitions.begin(), partitions.end()});
}

}  // namespace

Result<ResultPtr> Execute(SessionState &session, const sql::Show &statement) {
    using What = sql::Show::What;
    StatementContext context(session);
    std::vector<Cells> rows;
    switch (statement.what) {
        case What::kCatalogs: {
            TARN_TRY(auto names, session.engine.catalog->ListCatalogs());
            for (auto &name : names) {
                if (Matches(statement.like, name)) rows.push_back({name});
            }
            return RowsResult({Text("catalog")}, std::move(rows));
        }
        case What::kSchemas: {
            std::string catalog = statement.in.empty() ? session.current_catalog : statement.in.Last();
            TARN_TRY(auto schemas, session.engine.catalog->ListSchemas(catalog));
            for (auto &schema : schemas) {
                if (Matches(statement.like, schema.name)) rows.push_back({schema.name});
            }
            return RowsResult({Text("databaseName")}, std::move(rows));
        }
        case What::kTablesDropped: {
            TARN_TRY(SchemaName schema, SchemaOf(session, statement.in));
            return ShowDropped(session, schema.catalog, schema.schema, statement.limit);
        }
        case What::kTables:
        case What::kViews: return ShowTables(session, statement);
        case What::kColumns: {
            TARN_TRY(catalog::TableEntry entry, context.FindTable(statement.in));
            TARN_TRY(DataType schema, SchemaOfEntry(session, context, entry));
            for (const Field &field : schema.fields) rows.push_back({field.name});
            return RowsResult({Text("col_name")}, std::move(rows));
        }
        case What::kCreateTable: {
            TARN_TRY(catalog::TableEntry entry, context.FindTable(statement.in));
            TARN_TRY(DataType schema, SchemaOfEntry(session, context, entry));
            delta::SnapshotPtr snapshot;
            if (!entry.IsView()) { TARN_TRY(snapshot, context.SnapshotOf(entry.location)); }
            return RowsResult({Text("createtab_stmt")}, {{CreateStatement(entry, schema, snapshot.get())}});
        }
        case What::kProperties: {
            auto view = context.FindTable(statement.in);
            if (view && view->IsView()) {
                for (auto &[key, value] : view->properties) {
                    bool shown = statement.property_key.empty() ? !key.starts_with(kViewComment) : statement.property_key == key;
                    if (shown) rows.push_back({key, value});
                }
                return RowsResult({Text("key"), Text("value")}, std::move(rows));
            }
            TARN_TRY(TargetTable target, context.FindTarget(statement.in, false, false));
            for (auto &[key, value] : target.snapshot->metadata.configuration) {
                if (statement.property_key.empty() || statement.property_key == key) rows.push_back({key, value});
            }
            return RowsResult({Text("key"), Text("value")}, std::move(rows));
        }
        case What::kFunctions: {
            for (std::string_view name : sql::FunctionNames()) {
                if (statement.function_kind != "USER" && Matches(statement.like, std::string(name))) rows.push_back({std::string(name)});
            }
            return RowsResult({Text("function")}, std::move(rows));
        }
        case What::kPartitions: return ShowPartitions(context, statement);
        default: break;
    }
    return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED", "This form of SHOW is not supported yet.");
}

Result<ResultPtr> Execute(SessionState &session, const sql::Describe &statement) {
    using What = sql::Describe::What;
    switch (statement.what) {
        case What::kTable: {
            StatementContext context(session);
            auto full = context.FullName(statement.name);
            std::string text = full ? AiTable(full->catalog, full->schema, full->table) : "";
            if (!text.empty()) return DescribeText(session, "SELECT * FROM " + text);
            return DescribeTable(session, statement);
        }
        case What::kHistory: return DescribeHistory(session, statement);
        case What::kDetail: return DescribeDetail(session, statement);
        case What::kQuery: {
            StatementContext context(session);
            TARN_TRY(std::string text, context.Query(*statement.query));
            return DescribeText(session, text);
        }
        case What::kSchema: {
            TARN_TRY(SchemaName name, SchemaOf(session, statement.name));
            return RowsResult({Text("info_name"), Text("info_value")},
                              {{"Catalog Name", name.catalog}, {"Namespace Name", name.schema},
                               {"Location", session.engine.SchemaLocation(name.catalog, name.schema)}});
        }
        default: break;
    }
    return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED", "This form of DESCRIBE is not supported yet.");
}

}  // namespace tarn::engine
