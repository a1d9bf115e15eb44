// ALTER TABLE. Each action makes new metadata from the table's, which then is committed as a whole.
#include <algorithm>
#include <ranges>

#include "delta/clustering.h"
#include "delta/schema.h"
#include "delta/stats.h"
#include "delta/table_properties.h"
#include "engine/internal/alter_columns.h"
#include "engine/internal/alter_properties.h"
#include "engine/internal/clustering_ddl.h"
#include "engine/internal/ddl_columns.h"
#include "engine/internal/drop_feature.h"
#include "engine/internal/duck_run.h"
#include "engine/internal/statements.h"
#include "engine/internal/table_change.h"
#include "storage/path.h"

namespace tarn::engine {
namespace {

using Action = sql::AlterTable::Action;

std::unexpected<Error> Invalid(std::string_view condition, std::string message) {
    return Fail(ErrorKind::kInvalidInput, condition, std::move(message));
}

// What DESCRIBE HISTORY says of a change of columns.
Result<std::string> AddedColumns(const sql::AlterTable &statement) {
    std::vector<std::pair<std::string, Field>> columns;
    for (const sql::AddColumn &added : statement.add_columns) {
        TARN_TRY(Field field, FieldOf(added.column));
        columns.emplace_back(added.path.ToString(), std::move(field));
    }
    return ColumnsParameter(columns);
}

std::string RenamedPath(const sql::AlterTable &statement) {
    sql::Name path = statement.columns.at(0);
    path.parts.back() = statement.new_name.Last();
    return path.ToString();
}

std::vector<std::string> PathTexts(const std::vector<sql::Name> &paths) {
    std::vector<std::string> texts;
    for (const sql::Name &path : paths) texts.push_back(path.ToString());
    return texts;
}

// ALTER TABLE of a table that FindTarget has found.
class Alteration {
public:
    Alteration(StatementContext &context, const sql::AlterTable &statement, TargetTable target)
        : context_(context), statement_(statement), table_(target.ToString()), metadata_(target.snapshot->metadata),
          snapshot_(target.snapshot), change_(context, std::move(target)) {}

    Result<void> Run() {
        TARN_TRY(std::string operation, Apply());
        metadata_.schema_string = delta::SchemaToJson(metadata_.schema);
        delta::FollowStatsColumns(snapshot_->metadata.schema, metadata_);
        TARN_CHECK(CheckRules(context_, metadata_));
        change_.ReplaceMetadata(std::move(metadata_), std::move(protocol_));
        TARN_CHECK(change_.Commit(operation, parameters_, {}));
        return {};
    }

private:
    // The operation's name in the history.
    Result<std::string> Apply() {
        switch (statement_.action) {
            case Action::kAddColumns: {
                TARN_CHECK(AddColumns(metadata_, statement_));
                TARN_TRY(parameters_["columns"], AddedColumns(statement_));
                return "ADD COLUMNS";
            }
            case Action::kRenameColumn:
                TARN_CHECK(RenameColumn(metadata_, Column(), statement_.new_name.Last()));
                parameters_ = {{"oldColumnPath", Column().ToString()}, {"newColumnPath", RenamedPath(statement_)}};
                return "RENAME COLUMN";
            case Action::kDropColumns:
                TARN_CHECK(CheckNotClusteredBy(statement_.columns));
                TARN_CHECK(DropColumns(metadata_, statement_));
                parameters_["columns"] = NamesParameter(PathTexts(statement_.columns));
                return "DROP COLUMNS";
            case Action::kSetProperties: {
                TARN_TRY(protocol_, SetProperties(metadata_, snapshot_->protocol, statement_.properties));
                parameters_["properties"] = PropertiesParameter({statement_.properties.begin(), statement_.properties.end()});
                return "SET TBLPROPERTIES";
            }
            case Action::kUnsetProperties:
                TARN_CHECK(UnsetProperties(metadata_, table_, statement_.property_keys, statement_.if_exists));
                parameters_ = {{"properties", NamesParameter(statement_.property_keys)}, {"ifExists", statement_.if_exists ? "true" : "false"}};
                return "UNSET TBLPROPERTIES";
            case Action::kAddConstraint:
                TARN_CHECK(AddCheck());
                parameters_ = {{"name", statement_.constraint.name}, {"expr", statement_.constraint.text}};
                return "ADD CONSTRAINT";
            case Action::kDropConstraint:
                TARN_CHECK(DropCheck());
                parameters_ = {{"name", statement_.constraint.name}};
                return "DROP CONSTRAINT";
            case Action::kReplaceColumns: {
                TARN_CHECK(CheckNotClusteredBy(DroppedByReplace()));
                TARN_CHECK(ReplaceColumns(metadata_, statement_));
                TARN_TRY(parameters_["columns"], AddedColumns(statement_));
                return "REPLACE COLUMNS";
            }
            case Action::kClusterBy:
                TARN_CHECK(ClusterBy());
                return "CLUSTER BY";
            case Action::kAlterColumnType:
                TARN_CHECK(ChangeColumnType(metadata_, Column(), statement_.type));
                parameters_["columnPath"] = Column().ToString();
                return "CHANGE COLUMN";
            case Action::kAlterColumnComment:
            case Action::kAlterColumnSetNotNull:
            case Action::kAlterColumnDropNotNull:
            case Action::kAlterColumnSetDefault:
            case Action::kAlterColumnDropDefault:
            case Action::kAlterColumnPosition:
            case Action::kAlterColumnSyncIdentity:
            case Action::kChangeColumn:
                TARN_CHECK(ChangeColumn());
                parameters_["columnPath"] = Column().ToString();
                return "CHANGE COLUMN";
            default: break;
        }
        return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED", "This form of ALTER TABLE is not supported yet.");
    }

    const sql::Name &Column() const { return statement_.columns.at(0); }

    // How many of the table's rows `condition` is not true for.
    Result<int64_t> RowsAgainst(const std::string &condition) {
        TARN_TRY(std::string scan, change_.Scan());
        change_.ReadsTable();
        TARN_TRY(auto result, RunToEnd(context_.session().connection, "SELECT count(*) FROM " + scan + " WHERE NOT COALESCE(" + condition + ", FALSE)"));
        return result->GetValue(0, 0).GetValue<int64_t>();
    }

    std::vector<sql::Name> DroppedByReplace() const {
        std::vector<sql::Name> dropped;
        for (const Field &field : metadata_.schema.fields) {
            bool named = std::ranges::any_of(statement_.add_columns, [&](const sql::AddColumn &column) { return EqualsIgnoreCase(column.column.name, field.name); });
            if (!named) dropped.push_back({{field.name}, {}});
        }
        return dropped;
    }

    Result<void> CheckNotClusteredBy(const std::vector<sql::Name> &columns) const {
        TARN_TRY(auto clustered, delta::ClusteringColumns(*snapshot_));
        for (const delta::ColumnPath &path : clustered.value_or(std::vector<delta::ColumnPath>())) {
            for (const sql::Name &column : columns) {
                bool within = column.parts.size() <= path.size() && std::ranges::equal(column.parts, path | std::views::take(column.parts.size()), EqualsIgnoreCase);
                if (within) return Invalid("DELTA_UNSUPPORTED_DROP_CLUSTERING_COLUMN", "Dropping clustering columns (" + column.ToString() + ") is not allowed.");
            }
        }
        return {};
    }

    Result<void> ClusterBy() {
        if (!metadata_.partition_columns.empty()) {
            return Invalid("DELTA_ALTER_TABLE_CLUSTER_BY_ON_PARTITIONED_TABLE_NOT_ALLOWED", "ALTER TABLE CLUSTER BY cannot be applied to a partitioned table.");
        }
        TARN_TRY(auto old_names, ClusteringColumnNames(*snapshot_));
        TARN_TRY(delta::DomainMetadata domain, ClusteringOf(metadata_, statement_.cluster_by));
        change_.SetDomain(std::move(domain));
        protocol_ = delta::RaiseProtocol(snapshot_->protocol, {{"clustering"}, 0, 0});
        metadata_.configuration.erase(kClusterByAuto);
        if (statement_.cluster_by_auto) metadata_.configuration[kClusterByAuto] = "true";
        auto joined = [](const std::vector<std::string> &names) {
            std::string text;
            for (const std::string &name : names) text += (text.empty() ? "" : ",") + name;
            return text;
        };
        parameters_ = {{"oldClusteringColumns", joined(old_names)}, {"newClusteringColumns", joined(PathTexts(statement_.cluster_by))}};
        return {};
    }

    Result<void> AddCheck() {
        TARN_CHECK(AddConstraint(metadata_.configuration, statement_.constraint));
        if (statement_.constraint.kind != sql::TableConstraint::Kind::kCheck) return {};
        TARN_CHECK(CheckRules(context_, metadata_));
        TARN_TRY(RenderedCheck check, RenderCheck(context_, metadata_.schema, statement_.constraint.name, statement_.constraint.text));
        TARN_TRY(int64_t rows, RowsAgainst(check.condition));
        if (rows == 0) return {};
        return Invalid("DELTA_NEW_CHECK_CONSTRAINT_VIOLATION",
                       std::to_string(rows) + " rows in " + table_ + " violate the new CHECK constraint (" + statement_.constraint.text + ").");
    }

    Result<void> DropCheck() {
        const std::string &name = statement_.constraint.name;
        for (auto it = metadata_.configuration.begin(); it != metadata_.configuration.end(); ++it) {
            if (!EqualsIgnoreCase(it->first, ConstraintKey(name))) continue;
            metadata_.configuration.erase(it);
            return {};
        }
        if (statement_.if_exists) return {};
        Error error = MakeError(ErrorKind::kNotFound, "DELTA_CONSTRAINT_DOES_NOT_EXIST", "Cannot drop nonexistent constraint " + name + " from table " + table_ + ".");
        error.remedy = "Write DROP CONSTRAINT IF EXISTS to pass over it.";
        return Fail(std::move(error));
    }

    Result<void> ChangeColumn() {
        TARN_TRY(Place place, FindColumn(metadata_.schema, Column()));
        Field &field = place.field();
        switch (statement_.action) {
            case Action::kAlterColumnComment: delta::SetMetadataText(field, "comment", statement_.text); return {};
            case Action::kAlterColumnSetNotNull: return SetNotNull(field);
            case Action::kAlterColumnDropNotNull: field.nullable = true; return {};
            case Action::kAlterColumnSetDefault: return SetDefault(place);
            case Action::kAlterColumnDropDefault: field.metadata.erase("CURRENT_DEFAULT"); return {};
            case Action::kAlterColumnPosition: return MoveColumn(*place.parent, place.at, statement_.first, statement_.after);
            case Action::kAlterColumnSyncIdentity: return SyncIdentity(field);
            default: return ChangeWhole(place);
        }
    }

    Result<void> SetNotNull(Field &field) {
        if (!field.nullable) return {};
        std::string text;
        for (const std::string &part : Column().parts) {
            text = text.empty() ? sql::QuoteIdentifier(part) : "struct_extract(" + text + ", " + sql::QuoteLiteral(part) + ")";
        }
        TARN_TRY(int64_t rows, RowsAgainst(text + " IS NOT NULL"));
        if (rows > 0) {
            return Invalid("DELTA_NEW_NOT_NULL_VIOLATION",
                           std::to_string(rows) + " rows in " + table_ + " violate the new NOT NULL constraint on " + Column().ToString() + ".");
        }
        field.nullable = false;
        return {};
    }

    Result<void> SetDefault(const Place &place) {
        if (!snapshot_->protocol.HasWriterFeature("allowColumnDefaults")) return Fail(DefaultsNotEnabled("ALTER TABLE"));
        if (!place.IsTop(metadata_) || IsGenerated(place.field()) || IsIdentity(place.field())) {
            return Invalid("DEFAULT_UNSUPPORTED", "Failed to execute ALTER TABLE because DEFAULT values are not supported for the column " + Column().ToString() + ".");
        }
        delta::SetMetadataText(place.field(), "CURRENT_DEFAULT", statement_.text);
        return {};
    }

    // The high-water mark becomes what the rows say, if that is further.
    Result<void> SyncIdentity(Field &field) {
        if (!IsIdentity(field)) {
            return Invalid("DELTA_IDENTITY_COLUMNS_ALTER_NON_IDENTITY_COLUMN", "ALTER TABLE ALTER COLUMN SYNC IDENTITY cannot be called on non IDENTITY columns.");
        }
        int64_t start = delta::MetadataInt(field, "delta.identity.start").value_or(1), step = delta::MetadataInt(field, "delta.identity.step").value_or(1);
        TARN_TRY(std::string scan, change_.Scan());
        change_.ReadsTable();
        TARN_TRY(auto result, RunToEnd(context_.session().connection, std::string("SELECT ") + (step > 0 ? "max(" : "min(") + sql::QuoteIdentifier(field.name) +
                                                                          ") FROM " + scan));
        if (result->GetValue(0, 0).IsNull()) return {};
        int64_t most = result->GetValue(0, 0).GetValue<int64_t>();
        auto further = [step](int64_t a, int64_t b) { return step > 0 ? a > b : a < b; };
        if (further(start, most)) return {};
        // The next value that is start + k * step.
        __int128 steps = (static_cast<__int128>(most) - start + step - (step > 0 ? 1 : -1)) / step;
        __int128 mark = start + steps * step;
        if (mark > INT64_MAX || mark < INT64_MIN) return Invalid("ARITHMETIC_OVERFLOW", "The identity column " + field.name + " has no values left.");
        auto known = delta::MetadataInt(field, "delta.identity.highWaterMark");
        if (known && !further(static_cast<int64_t>(mark), *known)) return {};
        field.metadata["delta.identity.highWaterMark"] = std::to_string(static_cast<int64_t>(mark));
        return {};
    }

    // CHANGE COLUMN a b TYPE COMMENT 'x' AFTER c
    Result<void> ChangeWhole(const Place &place) {
        const sql::AddColumn &wanted = statement_.add_columns.at(0);
        if (!EqualsIgnoreCase(wanted.column.name, place.field().name)) TARN_CHECK(RenameColumn(metadata_, Column(), wanted.column.name));
        sql::Name path = Column();
        path.parts.back() = wanted.column.name;
        TARN_CHECK(ChangeColumnType(metadata_, path, wanted.column.type));
        if (!wanted.column.comment.empty()) delta::SetMetadataText(place.field(), "comment", wanted.column.comment);
        if (!wanted.column.nullable) TARN_CHECK(SetNotNull(place.field()));
        if (wanted.first || !wanted.after.empty()) return MoveColumn(*place.parent, place.at, wanted.first, wanted.after);
        return {};
    }

    StatementContext &context_;
    const sql::AlterTable &statement_;
    std::string table_;
    delta::Metadata metadata_;
    delta::SnapshotPtr snapshot_;
    TableChange change_;
    std::optional<delta::Protocol> protocol_;
    OperationParameters parameters_;
};

// ALTER VIEW: what a view has besides its query.
Result<void> AlterViewEntry(SessionState &session, catalog::TableEntry entry, const sql::AlterTable &statement) {
    if (statement.action == Action::kSetProperties) {
        for (auto &[key, value] : statement.properties) entry.properties[key] = value;
    } else if (statement.action == Action::kUnsetProperties) {
        for (const std::string &key : statement.property_keys) {
            if (entry.properties.erase(key) > 0 || statement.if_exists) continue;
            return Fail(ErrorKind::kNotFound, "UNSET_NONEXISTENT_PROPERTIES", "Attempted to unset non-existent properties [`" + key + "`] in view " + entry.name.ToQuoted() + ".");
        }
    } else {
        return Invalid("WRONG_COMMAND_FOR_OBJECT_TYPE", entry.name.ToQuoted() + " is a view: this form of ALTER is for tables.");
    }
    return session.engine.catalog->PutTable(entry, true);
}

// The name leads to another Delta table of the same columns from now on. No file moves.
Result<void> SetLocation(SessionState &session, StatementContext &context, const sql::AlterTable &statement) {
    TARN_TRY(catalog::TableEntry entry, context.FindTable(statement.table));
    if (entry.IsView()) return Invalid("WRONG_COMMAND_FOR_OBJECT_TYPE", entry.name.ToQuoted() + " is a view: it cannot be moved.");
    TARN_TRY(std::string location, storage::CanonicalPath(statement.text));
    TARN_TRY(delta::SnapshotPtr now, context.SnapshotOf(entry.location));
    if (now->protocol.HasWriterFeature("catalogManaged")) {
        return Invalid("WRONG_COMMAND_FOR_OBJECT_TYPE", entry.name.ToQuoted() + " is managed by its catalog: it cannot be moved.");
    }
    auto then = context.SnapshotOf(location);
    if (!then) return Fail(std::move(then).error());
    if (now->metadata.schema.ToString() != (*then)->metadata.schema.ToString()) {
        return Invalid("DELTA_SET_LOCATION_SCHEMA_MISMATCH", "The schema of the new Delta location is different than the current table schema.\noriginal schema:\n  " +
                                                                 now->metadata.schema.ToSql() + "\ndestination schema:\n  " + (*then)->metadata.schema.ToSql());
    }
    entry.location = std::move(location);
    entry.kind = catalog::TableKind::kExternal;
    return session.engine.catalog->PutTable(entry, true);
}

}  // namespace

Result<ResultPtr> Execute(SessionState &session, const sql::AlterTable &statement) {
    StatementContext context(session);
    if (statement.action == Action::kRenameTo) {
        TARN_TRY(catalog::TableEntry entry, context.FindTable(statement.table));
        TARN_TRY(catalog::TableName name, context.FullName(statement.new_name));
        catalog::TableEntry renamed = entry;
        renamed.name = name;
        TARN_CHECK(session.engine.catalog->PutTable(renamed, false));
        TARN_CHECK(session.engine.catalog->RemoveTable(entry.name));
        return NoRows();
    }
    auto &parts = statement.table.parts;
    bool is_path = parts.size() == 2 && EqualsIgnoreCase(parts[0], "delta") && parts[1].find('/') != std::string::npos;
    if (statement.action == Action::kSetLocation) {
        if (is_path) return Invalid("DELTA_CANNOT_SET_LOCATION_ON_PATH_IDENTIFIER", "Cannot change the location of a path based table.");
        TARN_CHECK(SetLocation(session, context, statement));
        return NoRows();
    }
    if (!is_path && statement.kind == sql::ObjectKind::kView) {
        TARN_TRY(catalog::TableEntry entry, context.FindTable(statement.table));
        if (entry.IsView()) {
            TARN_CHECK(AlterViewEntry(session, std::move(entry), statement));
            return NoRows();
        }
    }
    TARN_TRY(TargetTable target, context.FindTarget(statement.table, is_path));
    if (statement.action == Action::kDropFeature) {
        TARN_CHECK(DropFeature(context, target, statement.feature, statement.truncate_history));
        return NoRows();
    }
    if (statement.action == Action::kSetProperties && StartsRowTracking(target.snapshot->metadata, statement.properties)) {
        delta::Metadata trial = target.snapshot->metadata;  // Nothing is begun that the properties would not allow to end.
        TARN_CHECK(SetProperties(trial, target.snapshot->protocol, statement.properties));
        TARN_CHECK(BackfillRowIds(context, target));
        TARN_TRY(target.snapshot, session.engine.tables->Load(target.location));
    }
    TARN_CHECK(Alteration(context, statement, std::move(target)).Run());
    return NoRows();
}

Result<ResultPtr> Execute(SessionState &session, const sql::CommentOn &statement) {
    if (statement.kind != sql::ObjectKind::kTable && statement.kind != sql::ObjectKind::kView) {
        return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED", "COMMENT ON is for tables and views.");
    }
    StatementContext context(session);
    TARN_TRY(catalog::TableEntry entry, context.FindTable(statement.name));
    entry.comment = statement.comment.value_or("");
    if (!entry.IsView()) {
        sql::AlterTable alter;
        alter.table = statement.name;
        alter.action = statement.comment ? Action::kSetProperties : Action::kUnsetProperties;
        alter.properties = {{"comment", entry.comment}};
        alter.property_keys = {"comment"};
        TARN_CHECK(Execute(session, alter));
    }
    TARN_CHECK(session.engine.catalog->PutTable(entry, true));
    return NoRows();
}

}  // namespace tarn::engine
