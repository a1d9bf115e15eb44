// CREATE, DROP, USE, SET. ALTER is in alter.cpp.
#include <algorithm>
#include <set>

#include "delta/log.h"
#include "delta/schema.h"
#include "delta/stats.h"
#include "delta/table_properties.h"
#include "engine/internal/clustering_ddl.h"
#include "engine/internal/ddl_columns.h"
#include "engine/internal/dropped.h"
#include "engine/internal/settings.h"
#include "engine/internal/statements.h"
#include "engine/internal/table_change.h"
#include "sql/parser.h"
#include "storage/path.h"

namespace tarn::engine {
namespace {


Result<std::string> LocationOf(SessionState &session, const catalog::TableName &name, const sql::TableSpec &spec) {
    if (spec.location.empty()) return session.engine.ManagedLocation(name);
    return storage::CanonicalPath(spec.location);
}

// A folder that a crash left without a commit is no log.
Result<bool> HasLog(const std::string &location) {
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(location));
    return delta::Log(*store, location).Exists();
}

// Spark makes a VOID column of an untyped NULL; STRING is what every reader can take.
void VoidAsString(DataType &type) {
    if (type.kind == TypeKind::kNull) type = DataType::Of(TypeKind::kString);
    for (DataType &child : type.children) VoidAsString(child);
    for (Field &field : type.fields) VoidAsString(field.type);
}

Result<void> CheckFormat(const sql::TableSpec &spec) {
    if (spec.using_format.empty() || spec.using_format == "delta") return {};
    return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                "Tables are stored as Delta: CREATE TABLE … USING " + ToUpper(spec.using_format) + " is not supported. Read such "
                "files with " + spec.using_format + ".`/path` or read_files.");
}

}  // namespace

Result<delta::NewTable> NewTableOf(const sql::TableSpec &spec, DataType schema, const delta::StringMap &inherited) {
    if (!spec.options.empty()) {
        return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                    "OPTIONS (" + spec.options.begin()->first + " …) means nothing for a Delta table. What it is asked for stands in TBLPROPERTIES.");
    }
    delta::TableSpec table;
    table.schema = std::move(schema);
    table.partition_columns = spec.partitioned_by;
    if (!spec.comment.empty()) table.description = spec.comment;
    TARN_TRY(table.properties, delta::CheckProperties({spec.properties.begin(), spec.properties.end()}));
    table.properties.insert(inherited.begin(), inherited.end());
    if (auto comment = table.properties.extract("comment"); comment && spec.comment.empty()) table.description = comment.mapped();
    if (std::ranges::any_of(table.properties, [](auto &one) { return EqualsIgnoreCase(one.first, "delta.feature.clustering"); }) && !AsksForClustering(spec)) {
        return Fail(ErrorKind::kInvalidInput, "DELTA_CREATE_TABLE_SET_CLUSTERING_TABLE_FEATURE_NOT_ALLOWED",
                    "Cannot enable clustering table feature using TBLPROPERTIES. Please use CREATE OR REPLACE TABLE CLUSTER BY to create a Delta table with clustering.");
    }
    if (AsksForClustering(spec)) table.properties["delta.feature.clustering"] = "supported";
    if (spec.cluster_by_auto) table.properties[kClusterByAuto] = "true";
    for (const sql::TableConstraint &constraint : spec.constraints) TARN_CHECK(AddConstraint(table.properties, constraint));
    for (const sql::ColumnDef &column : spec.columns) {
        bool allowed = std::ranges::any_of(table.properties, [](auto &property) { return EqualsIgnoreCase(property.first, "delta.feature.allowColumnDefaults"); });
        if (column.default_value && !allowed) return Fail(DefaultsNotEnabled("CREATE TABLE"));
    }
    TARN_TRY(delta::NewTable described, delta::DescribeNewTable(table, delta::NowMs()));
    TARN_CHECK(delta::CheckStatsColumns(described.metadata));
    return described;
}

Result<DataType> StorableSchema(DataType schema) {
    std::set<std::string> names;
    for (Field &field : schema.fields) {
        if (!names.insert(ToLower(field.name)).second) {
            return Fail(ErrorKind::kInvalidInput, "COLUMN_ALREADY_EXISTS",
                        "The column `" + field.name + "` already exists. Choose another name or rename the existing column.");
        }
        VoidAsString(field.type);
        if (field.type.kind == TypeKind::kInterval) {
            return Fail(ErrorKind::kUnsupported, "DELTA_UNSUPPORTED_DATA_TYPES",
                        "The column `" + field.name + "` has the type INTERVAL, which Delta cannot store.");
        }
    }
    return schema;
}

Result<void> DropEntry(SessionState &session, const catalog::TableEntry &entry, bool purge) {
    TARN_TRY(bool can_set_aside, CanSetAside(session, entry));
    if (can_set_aside && !purge) return SetAside(session, entry);
    TARN_CHECK(session.engine.catalog->RemoveTable(entry.name));
    if (!entry.location.empty()) TARN_CHECK(session.engine.catalog->StopManaging(entry.location));
    if (entry.IsView() || entry.kind == catalog::TableKind::kExternal) return {};
    session.engine.tables->Forget(entry.location);
    // Only what lies in the warehouse is ours to remove.
    if (!session.engine.IsInWarehouse(entry.location)) return {};
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(entry.location));
    return store->DeleteAll(entry.location);
}

Result<ResultPtr> Execute(SessionState &session, const sql::CreateSchema &statement) {
    catalog::SchemaEntry entry;
    entry.catalog = statement.name.parts.size() > 1 ? statement.name.parts[0] : session.current_catalog;
    entry.name = statement.name.Last();
    entry.comment = statement.comment;
    if (!statement.location.empty()) {
        Error error = MakeError(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED", "Schemas with a LOCATION of their own are not supported.");
        error.remedy = "Give the tables their LOCATION, or set the warehouse of all in tarn.yml.";
        return Fail(std::move(error));
    }
    auto created = session.engine.catalog->CreateSchema(entry);
    if (!created && !(statement.if_not_exists && created.error().kind == ErrorKind::kAlreadyExists)) {
        return Fail(std::move(created).error());
    }
    return NoRows();
}

namespace {

// What CREATE TABLE … LIKE takes over, besides the columns: properties, and the partitioning and clustering unless the
// statement has its own.
struct Likeness {
    sql::TableSpec spec;
    DataType schema;
    delta::StringMap properties;
};

// A new table has no history of types, and gives out its own identities.
void ForgetHistory(DataType &type) {
    for (Field &field : type.fields) {
        field.metadata.erase("delta.typeChanges");
        field.metadata.erase("delta.identity.highWaterMark");
        ForgetHistory(field.type);
    }
    for (DataType &child : type.children) ForgetHistory(child);
}

Result<Likeness> LikenessOf(const delta::Snapshot &source, const sql::TableSpec &spec) {
    Likeness likeness{spec, source.metadata.schema, source.metadata.configuration};
    ForgetHistory(likeness.schema);
    for (const char *own : {"delta.inCommitTimestampEnablementVersion", "delta.inCommitTimestampEnablementTimestamp",
                            "delta.rowTracking.materializedRowIdColumnName", "delta.rowTracking.materializedRowCommitVersionColumnName"}) {
        likeness.properties.erase(own);
    }
    if (spec.comment.empty()) likeness.spec.comment = source.metadata.description.value_or("");
    TARN_TRY(auto clustered, delta::ClusteringColumns(source));
    bool laid_out = !spec.partitioned_by.empty() || AsksForClustering(spec);
    if (!laid_out) likeness.spec.partitioned_by = source.metadata.partition_columns;
    if (!laid_out && clustered) {
        for (const delta::ColumnPath &path : *clustered) likeness.spec.cluster_by.push_back({path, {}});
        likeness.spec.cluster_by_none = clustered->empty();
    }
    return likeness;
}

// A table that is replaced keeps every feature that it has: readers of its history need them.
void KeepProtocol(delta::NewTable &table, const delta::Snapshot &before) {
    delta::ProtocolWish wish{{}, table.protocol.min_reader_version, table.protocol.min_writer_version};
    for (auto &features : {table.protocol.reader_features, table.protocol.writer_features}) {
        if (features) wish.features.insert(features->begin(), features->end());
    }
    if (wish.writer_version == 7) wish.writer_version = wish.reader_version = 0;  // The list says it all.
    table.protocol = delta::RaiseProtocol(before.protocol, wish);
    // The catalog goes on deciding about the commits, whose files' times say nothing.
    if (!before.protocol.HasWriterFeature("catalogManaged")) return;
    for (auto &[key, value] : before.metadata.configuration) {
        if (ToLower(key).find("incommittimestamp") != std::string::npos) table.metadata.configuration[key] = value;
    }
}

// CREATE TABLE over files that are a Delta table already.
Result<ResultPtr> RegisterExisting(SessionState &session, StatementContext &context, catalog::TableEntry entry,
                                   const sql::CreateTable &statement) {
    TARN_TRY(delta::SnapshotPtr snapshot, context.SnapshotOf(entry.location));
    TARN_TRY(DataType schema, SchemaOf(statement.spec.columns));
    if (!schema.fields.empty() && schema.ToString() != snapshot->metadata.schema.ToString()) {
        return Fail(ErrorKind::kInvalidInput, "DELTA_CREATE_TABLE_SCHEME_MISMATCH",
                    "The specified schema does not match the existing schema at " + entry.location + ": " +
                        snapshot->metadata.schema.ToSql() + ".");
    }
    TARN_CHECK(session.engine.catalog->PutTable(entry, statement.or_replace));
    return NoRows();
}

}  // namespace

Result<ResultPtr> Execute(SessionState &session, const sql::CreateTable &statement) {
    TARN_CHECK(CheckFormat(statement.spec));
    StatementContext context(session);
    catalog::TableEntry entry;
    entry.kind = statement.spec.location.empty() ? catalog::TableKind::kManaged : catalog::TableKind::kExternal;
    entry.comment = statement.spec.comment;
    std::optional<catalog::TableEntry> existing;
    if (statement.is_path) {
        TARN_TRY(entry.location, storage::CanonicalPath(statement.name.Last()));
    } else {
        TARN_TRY(entry.name, context.FullName(statement.name));
        TARN_TRY(existing, session.engine.catalog->FindTable(entry.name));
        if (existing && statement.if_not_exists) return NoRows();
        if (existing && !statement.or_replace) return Fail(session.engine.catalog->PutTable(entry, false).error());
        if (existing && existing->IsView()) {
            return Fail(ErrorKind::kInvalidInput, "WRONG_COMMAND_FOR_OBJECT_TYPE",
                        entry.name.ToQuoted() + " is a view; drop it before creating a table of that name.");
        }
        TARN_TRY(bool schema_exists, session.engine.catalog->SchemaExists(entry.name.catalog, entry.name.schema));
        if (!schema_exists) return Fail(session.engine.catalog->PutTable(entry, false).error());
        TARN_TRY(entry.location, LocationOf(session, entry.name, statement.spec));
        if (existing) entry.location = existing->location;
    }

    TARN_TRY(DataType schema, SchemaOf(statement.spec.columns));
    sql::TableSpec spec = statement.spec;
    delta::StringMap inherited;
    std::string select;
    if (statement.query) {
        TARN_TRY(std::string query, context.Query(*statement.query));
        TARN_TRY(DataType described, DescribeQuery(session, query));
        TARN_TRY(schema, StorableSchema(described));
        select = ProjectTo(schema, described, query);
    } else if (statement.like) {
        TARN_TRY(TargetTable like, context.FindTarget(*statement.like, false));
        TARN_TRY(Likeness likeness, LikenessOf(*like.snapshot, spec));
        spec = std::move(likeness.spec);
        schema = std::move(likeness.schema);
        inherited = std::move(likeness.properties);
    }
    if (!existing) TARN_CHECK(FreePlace(session, entry.location));
    TARN_TRY(bool log_exists, HasLog(entry.location));
    bool registers = log_exists && !existing && !statement.is_path && !statement.query;
    if (registers && entry.kind == catalog::TableKind::kManaged) {
        // A CREATE whose process died between its commit and its name left an empty first version: this one gives it the name.
        TARN_TRY(delta::SnapshotPtr left, context.SnapshotOf(entry.location));
        registers = left->version == 0 && left->files.size() == 0;
    }
    if (registers) {
        return RegisterExisting(session, context, std::move(entry), statement);
    }
    if (log_exists && !statement.or_replace) {
        Error error = MakeError(ErrorKind::kAlreadyExists, "DELTA_TABLE_ALREADY_EXISTS",
                                "There is a Delta table at " + entry.location + " already, without a name in the metastore.");
        error.remedy = "Read it as delta.`" + entry.location + "`, give it a name with CREATE TABLE … LOCATION, or remove the folder.";
        return Fail(std::move(error));
    }
    delta::StringMap inherited_or_default = inherited;
    TARN_TRY(delta::StringMap defaults, DefaultProperties(session));
    inherited_or_default.merge(defaults);
    TARN_TRY(delta::NewTable table, NewTableOf(spec, schema, inherited_or_default));
    bool catalog_managed = table.protocol.HasWriterFeature("catalogManaged");
    if (catalog_managed && statement.is_path) {
        return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE",
                    "A catalog-managed table needs a name in the catalog: CREATE TABLE catalog.schema.table.");
    }
    TARN_CHECK(CheckRules(context, table.metadata));
    std::unique_ptr<TableChange> change;
    std::optional<delta::DomainMetadata> clustering;
    if (log_exists) {
        TargetTable target{entry.name, entry.location, nullptr};
        TARN_TRY(target.snapshot, context.SnapshotOf(entry.location));
        KeepProtocol(table, *target.snapshot);
        TARN_TRY(clustering, ClusteringForCreate(table.metadata, spec, target.snapshot.get()));
        change = std::make_unique<TableChange>(context, target);
        change->ReplaceMetadata(table.metadata, table.protocol);
        TARN_CHECK(change->DeleteAll());
    } else {
        TARN_TRY(clustering, ClusteringForCreate(table.metadata, spec, nullptr));
        change = std::make_unique<TableChange>(context, entry.name, entry.location, table);
    }
    if (clustering) change->SetDomain(*clustering);
    std::vector<std::string> cluster_by;
    for (const sql::Name &column : spec.cluster_by) cluster_by.push_back(column.ToString());
    int64_t rows = 0;
    if (!select.empty()) { TARN_TRY(rows, change->WriteRows(select)); }
    std::string operation = std::string(statement.or_replace ? "CREATE OR REPLACE TABLE" : "CREATE TABLE") + (select.empty() ? "" : " AS SELECT");
    OperationMetrics metrics;
    if (!select.empty()) metrics["numOutputRows"] = rows;
    bool managed = entry.kind == catalog::TableKind::kManaged && !statement.is_path;
    TARN_TRY(delta::CommitResult committed, change->Commit(operation, TableParameters(change->metadata(), managed, cluster_by), metrics));
    if (catalog_managed) {
        TARN_TRY(auto known, session.engine.catalog->FindManaged(entry.location));
        if (!known) TARN_CHECK(session.engine.catalog->StartManaging(entry.location, committed.version));
    }
    if (!statement.is_path) TARN_CHECK(session.engine.catalog->PutTable(entry, existing.has_value()));
    if (select.empty()) return NoRows();
    return CountsResult({{"num_affected_rows", rows}, {"num_inserted_rows", rows}});
}

Result<void> CreateViewEntry(SessionState &session, StatementContext &context, const catalog::TableName &name,
                             const sql::CreateView &statement, bool replace) {
    TARN_TRY(std::string query, context.Query(*statement.query));
    TARN_TRY(DataType described, DescribeQuery(session, query));
    TARN_TRY(DataType schema, StorableSchema(described));
    catalog::TableEntry entry;
    entry.name = name;
    entry.kind = catalog::TableKind::kView;
    entry.comment = statement.comment;
    entry.view_catalog = session.current_catalog;
    entry.view_schema = session.current_schema;
    entry.view_text = statement.query_text;
    if (!statement.columns.empty()) {
        if (statement.columns.size() != schema.fields.size()) {
            return Fail(ErrorKind::kInvalidInput, "CREATE_VIEW_COLUMN_ARITY_MISMATCH",
                        "Cannot create view " + name.ToQuoted() + ": it names " + std::to_string(statement.columns.size()) +
                            " columns, its query has " + std::to_string(schema.fields.size()) + ".");
        }
        // Renaming happens in the stored text, so that reading it needs no second rule.
        std::string names;
        for (auto &column : statement.columns) names += (names.empty() ? "" : ", ") + sql::QuoteName(column.name);
        entry.view_text = "SELECT * FROM (" + statement.query_text + ") AS " + sql::QuoteName(name.table) + "(" + names + ")";
        for (auto &column : statement.columns) {
            entry.view_columns.push_back(column.name);
            if (!column.comment.empty()) entry.properties[kViewComment + ToLower(column.name)] = column.comment;
        }
    } else if (!statement.schema_evolution) {
        for (const Field &field : schema.fields) entry.view_columns.push_back(field.name);
    }
    for (auto &[key, value] : statement.properties) entry.properties[key] = value;
    return session.engine.catalog->PutTable(entry, replace);
}

Result<ResultPtr> Execute(SessionState &session, const sql::CreateView &statement) {
    StatementContext context(session);
    if (statement.temporary || statement.global_temporary) {
        TARN_TRY(std::string query, context.Query(*statement.query));
        TARN_TRY(DataType described, DescribeQuery(session, query));
        TemporaryView view{statement.query_text, session.current_catalog, session.current_schema, {}, nullptr};
        for (const Field &field : described.fields) view.columns.push_back(field.name);
        std::string key = ToLower(statement.name.Last());
        if (session.temporary_views.contains(key) && !statement.or_replace) {
            if (statement.if_not_exists) return NoRows();
            return Fail(ErrorKind::kAlreadyExists, "TEMP_TABLE_OR_VIEW_ALREADY_EXISTS",
                        "Cannot create the temporary view `" + key + "` because it already exists. Add OR REPLACE, or drop it.");
        }
        session.temporary_views[key] = std::move(view);
        return NoRows();
    }
    TARN_TRY(catalog::TableName name, context.FullName(statement.name));
    TARN_TRY(auto existing, session.engine.catalog->FindTable(name));
    if (existing && statement.if_not_exists) return NoRows();
    if (existing && !existing->IsView()) {
        return Fail(ErrorKind::kInvalidInput, "WRONG_COMMAND_FOR_OBJECT_TYPE",
                    name.ToQuoted() + " is a table; drop it before creating a view of that name.");
    }
    TARN_CHECK(CreateViewEntry(session, context, name, statement, statement.or_replace));
    return NoRows();
}

Result<ResultPtr> Execute(SessionState &session, const sql::Drop &statement) {
    StatementContext context(session);
    if (statement.kind == sql::ObjectKind::kSchema) {
        std::string catalog = statement.name.parts.size() > 1 ? statement.name.parts[0] : session.current_catalog;
        std::string schema = statement.name.Last();
        TARN_TRY(bool exists, session.engine.catalog->SchemaExists(catalog, schema));
        if (!exists && statement.if_exists) return NoRows();
        if (statement.cascade) {
            TARN_TRY(auto tables, session.engine.catalog->ListTables(catalog, schema));
            for (auto &entry : tables) TARN_CHECK(DropEntry(session, entry));
        }
        TARN_CHECK(session.engine.catalog->DropSchema(catalog, schema));
        return NoRows();
    }
    if (statement.kind == sql::ObjectKind::kCatalog || statement.kind == sql::ObjectKind::kFunction) {
        return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED", "Catalogs and functions cannot be dropped yet.");
    }
    if (statement.name.parts.size() == 1 && session.temporary_views.erase(ToLower(statement.name.parts[0])) > 0) return NoRows();
    auto found = context.FindTable(statement.name);
    if (!found) {
        if (statement.if_exists && found.error().kind == ErrorKind::kNotFound) return NoRows();
        return Fail(std::move(found).error());
    }
    bool wants_view = statement.kind == sql::ObjectKind::kView;
    if (wants_view != found->IsView()) {
        return Fail(ErrorKind::kInvalidInput, "WRONG_COMMAND_FOR_OBJECT_TYPE",
                    found->name.ToQuoted() + " is a " + (found->IsView() ? "view: use DROP VIEW." : "table: use DROP TABLE."));
    }
    TARN_CHECK(DropEntry(session, *found, statement.purge));
    return NoRows();
}

Result<ResultPtr> Execute(SessionState &session, const sql::Use &statement) {
    std::string catalog = session.current_catalog, schema = "default";
    if (statement.kind == sql::ObjectKind::kCatalog) {
        catalog = statement.name.Last();
    } else {
        if (statement.name.parts.size() > 1) catalog = statement.name.parts[0];
        schema = statement.name.Last();
    }
    TARN_TRY(bool exists, session.engine.catalog->SchemaExists(catalog, schema));
    if (!exists) {
        return Fail(ErrorKind::kNotFound, "SCHEMA_NOT_FOUND", "The schema `" + catalog + "`.`" + schema + "` cannot be found.");
    }
    session.current_catalog = catalog;
    session.current_schema = schema;
    return NoRows();
}

}  // namespace tarn::engine
