// ALTER TABLE. Each action makes new metadata from the table's, which then is committed as a whole.
#include <algorithm>

#include "delta/schema.h"
#include "engine/internal/ddl_columns.h"
#include "engine/internal/duck_run.h"
#include "engine/internal/statements.h"
#include "engine/internal/table_change.h"

namespace tarn::engine {
namespace {

using Action = sql::AlterTable::Action;

std::unexpected<Error> Invalid(std::string_view condition, std::string message) {
    return Fail(ErrorKind::kInvalidInput, condition, std::move(message));
}

std::unexpected<Error> Unresolved(const sql::Name &path) {
    Error error = MakeError(ErrorKind::kNotFound, "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", "A column with name " + path.ToString() + " cannot be resolved.");
    error.position = path.position;
    return Fail(std::move(error));
}

// Goes from `type` into collections for as long as the path says so: structs in them are reached by `element`, `key` and
// `value`, as Spark has it.
DataType *IntoCollections(DataType *type, const std::vector<std::string> &parts, size_t &part) {
    while (part < parts.size() && (type->kind == TypeKind::kArray || type->kind == TypeKind::kMap)) {
        bool map = type->kind == TypeKind::kMap;
        bool second = map && EqualsIgnoreCase(parts[part], "value");
        if (!second && !EqualsIgnoreCase(parts[part], map ? "key" : "element")) break;
        type = &type->children[second ? 1 : 0];
        part++;
    }
    return type;
}

// The struct that a path of parents leads to; the schema itself for an empty one.
Result<DataType *> FindStruct(DataType &schema, const sql::Name &path, size_t length) {
    DataType *type = &schema;
    std::vector<std::string> parts(path.parts.begin(), path.parts.begin() + static_cast<std::ptrdiff_t>(length));
    for (size_t part = 0; part < parts.size();) {
        auto found = std::ranges::find_if(type->fields, [&](const Field &field) { return EqualsIgnoreCase(field.name, parts[part]); });
        if (type->kind != TypeKind::kStruct || found == type->fields.end()) return Unresolved(path);
        part++;
        type = IntoCollections(&found->type, parts, part);
    }
    if (type->kind != TypeKind::kStruct) return Unresolved(path);
    return type;
}

struct Place {
    DataType *parent;  // kStruct
    size_t at;
    Field &field() const { return parent->fields[at]; }
    bool IsTop(const delta::Metadata &metadata) const { return parent == &metadata.schema; }
};

Result<Place> FindColumn(DataType &schema, const sql::Name &path) {
    TARN_TRY(DataType * parent, FindStruct(schema, path, path.parts.size() - 1));
    for (size_t i = 0; i < parent->fields.size(); i++) {
        if (EqualsIgnoreCase(parent->fields[i].name, path.Last())) return Place{parent, i};
    }
    return Unresolved(path);
}

// Moves the field at `from` to the front, or behind the field called `after`.
Result<void> Move(DataType &parent, size_t from, bool first, const std::string &after) {
    Field field = parent.fields[from];
    parent.fields.erase(parent.fields.begin() + static_cast<std::ptrdiff_t>(from));
    auto to = parent.fields.begin();
    if (!first) {
        to = std::ranges::find_if(parent.fields, [&](const Field &other) { return EqualsIgnoreCase(other.name, after); });
        if (to == parent.fields.end()) return Unresolved({{after}, {}});
        ++to;
    }
    parent.fields.insert(to, std::move(field));
    return {};
}

Result<void> AddColumns(delta::Metadata &metadata, const sql::AlterTable &statement) {
    for (const sql::AddColumn &added : statement.add_columns) {
        if (added.column.default_value) {
            Error error = MakeError(ErrorKind::kUnsupported, "WRONG_COLUMN_DEFAULTS_FOR_DELTA_ALTER_TABLE_ADD_COLUMN_NOT_SUPPORTED",
                                    "DEFAULT values are not supported when adding new columns to previously existing Delta tables.");
            error.remedy = "Add the column without a default value first, then run ALTER TABLE … ALTER COLUMN … SET DEFAULT.";
            return Fail(std::move(error));
        }
        if (!added.column.nullable || added.column.generated || added.column.identity) {
            return Fail(ErrorKind::kUnsupported, "DELTA_OPERATION_NOT_ALLOWED",
                        std::string("Operation not allowed: `") + (added.column.nullable ? "GENERATED" : "NOT NULL") +
                            " in ALTER TABLE ADD COLUMNS` is not supported for Delta tables: the rows there are have no value for the column.");
        }
        TARN_TRY(DataType * parent, FindStruct(metadata.schema, added.path, added.path.parts.size() - 1));
        if (parent->FindField(added.column.name)) {
            if (statement.if_not_exists) continue;
            return Fail(ErrorKind::kAlreadyExists, "FIELD_ALREADY_EXISTS", "Cannot add column, because `" + added.path.ToString() + "` already exists.");
        }
        TARN_TRY(Field field, FieldOf(added.column));
        parent->fields.push_back(std::move(field));
        if (added.first || !added.after.empty()) TARN_CHECK(Move(*parent, parent->fields.size() - 1, added.first, added.after));
    }
    return {};
}

// Renaming and dropping touch no file: files know the column by a name and an id that stay with it.
Result<void> CheckMapped(const delta::Metadata &metadata, bool drop) {
    if (delta::ColumnMappingOf(metadata) != delta::ColumnMapping::kNone) return {};
    Error error = MakeError(ErrorKind::kUnsupported, drop ? "DELTA_UNSUPPORTED_DROP_COLUMN" : "DELTA_UNSUPPORTED_RENAME_COLUMN",
                            std::string(drop ? "DROP" : "RENAME") + " COLUMN needs column mapping, which this table does not have.");
    error.remedy = "ALTER TABLE … SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name') gives it to the table.";
    return Fail(std::move(error));
}

// Constraints and generated columns name a column by its name, and were checked with its type.
Result<void> CheckNoRuleUses(const delta::Metadata &metadata, const sql::Name &path) {
    auto list = [](const std::vector<std::string> &rules) {
        std::string text;
        for (const std::string &rule : rules) text += "\n" + rule;
        return text;
    };
    const std::string &column = path.parts[0];
    if (auto rules = ConstraintsOn(metadata, column); !rules.empty()) {
        return Invalid("DELTA_CONSTRAINT_DEPENDENT_COLUMN_CHANGE",
                       "Cannot alter column " + path.ToString() + " because this column is referenced by the following check constraint(s):" + list(rules));
    }
    if (auto rules = GeneratedFrom(metadata, column); !rules.empty()) {
        return Invalid("DELTA_GENERATED_COLUMNS_DEPENDENT_COLUMN_CHANGE",
                       "Cannot alter column " + path.ToString() + " because this column is referenced by the following generated column(s):" + list(rules));
    }
    return {};
}

Result<void> RenameColumn(delta::Metadata &metadata, const sql::Name &from, const std::string &to) {
    TARN_CHECK(CheckMapped(metadata, false));
    TARN_TRY(Place place, FindColumn(metadata.schema, from));
    TARN_CHECK(CheckNoRuleUses(metadata, from));
    for (const Field &field : place.parent->fields) {
        if (&field != &place.field() && EqualsIgnoreCase(field.name, to)) {
            return Fail(ErrorKind::kAlreadyExists, "FIELD_ALREADY_EXISTS", "Cannot rename column, because `" + to + "` already exists.");
        }
    }
    for (std::string &column : metadata.partition_columns) {
        if (place.IsTop(metadata) && EqualsIgnoreCase(column, place.field().name)) column = to;
    }
    place.field().name = to;
    return {};
}

Result<void> DropColumns(delta::Metadata &metadata, const sql::AlterTable &statement) {
    TARN_CHECK(CheckMapped(metadata, true));
    for (const sql::Name &path : statement.columns) {
        auto found = FindColumn(metadata.schema, path);
        if (!found && statement.if_exists) continue;
        if (!found) return Fail(std::move(found).error());
        TARN_CHECK(CheckNoRuleUses(metadata, path));
        auto is_it = [&](const std::string &name) { return found->IsTop(metadata) && EqualsIgnoreCase(name, found->field().name); };
        if (std::ranges::any_of(metadata.partition_columns, is_it)) {
            return Invalid("DELTA_UNSUPPORTED_DROP_PARTITION_COLUMN", "Dropping partition columns (" + path.ToString() + ") is not allowed.");
        }
        if (found->parent->fields.size() == 1) {
            return Invalid("DELTA_DROP_COLUMN_ON_SINGLE_FIELD_SCHEMA", "Cannot drop column from a schema with a single column.");
        }
        found->parent->fields.erase(found->parent->fields.begin() + static_cast<std::ptrdiff_t>(found->at));
    }
    return {};
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

// A mapping can be given to a table that has none; files written under it cannot be read without it.
Result<void> SetProperties(delta::Metadata &metadata, const sql::Properties &properties) {
    delta::ColumnMapping before = delta::ColumnMappingOf(metadata);
    for (auto &[key, value] : properties) metadata.configuration[key] = value;
    delta::ColumnMapping after = delta::ColumnMappingOf(metadata);
    if (before == after || (before == delta::ColumnMapping::kNone && after == delta::ColumnMapping::kName)) return {};
    return Fail(ErrorKind::kUnsupported, "DELTA_UNSUPPORTED_COLUMN_MAPPING_MODE_CHANGE",
                "delta.columnMapping.mode can be changed from 'none' to 'name' only.");
}

Result<void> UnsetProperties(delta::Metadata &metadata, const std::vector<std::string> &keys) {
    bool mapped = delta::ColumnMappingOf(metadata) != delta::ColumnMapping::kNone;
    for (const std::string &key : keys) {
        if (mapped && key.starts_with("delta.columnMapping.")) TARN_CHECK(SetProperties(metadata, {{"delta.columnMapping.mode", "none"}}));
        metadata.configuration.erase(key);
    }
    return {};
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
                TARN_CHECK(DropColumns(metadata_, statement_));
                parameters_["columns"] = NamesParameter(PathTexts(statement_.columns));
                return "DROP COLUMNS";
            case Action::kSetProperties:
                TARN_CHECK(SetProperties(metadata_, statement_.properties));
                parameters_["properties"] = PropertiesParameter({statement_.properties.begin(), statement_.properties.end()});
                return "SET TBLPROPERTIES";
            case Action::kUnsetProperties:
                TARN_CHECK(UnsetProperties(metadata_, statement_.property_keys));
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
            case Action::kAlterColumnType:
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
            case Action::kAlterColumnType: return ChangeType(field, statement_.type);
            case Action::kAlterColumnComment: delta::SetMetadataText(field, "comment", statement_.text); return {};
            case Action::kAlterColumnSetNotNull: return SetNotNull(field);
            case Action::kAlterColumnDropNotNull: field.nullable = true; return {};
            case Action::kAlterColumnSetDefault: return SetDefault(place);
            case Action::kAlterColumnDropDefault: field.metadata.erase("CURRENT_DEFAULT"); return {};
            case Action::kAlterColumnPosition: return Move(*place.parent, place.at, statement_.first, statement_.after);
            case Action::kAlterColumnSyncIdentity: return SyncIdentity(field);
            default: return ChangeWhole(place);
        }
    }

    Result<void> ChangeType(Field &field, const DataType &type) {
        if (field.type == type && type.text_bound == 0) return {};
        TARN_CHECK(CheckNoRuleUses(metadata_, Column()));
        return Invalid("DELTA_ALTER_TABLE_CHANGE_COL_NOT_SUPPORTED", "ALTER TABLE CHANGE COLUMN is not supported for changing column " + Column().ToString() + " from " +
                                                                         field.type.ToSql() + " to " + type.ToSql() + ".");
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
        TARN_CHECK(ChangeType(place.field(), wanted.column.type));
        if (!wanted.column.comment.empty()) delta::SetMetadataText(place.field(), "comment", wanted.column.comment);
        if (!wanted.column.nullable) TARN_CHECK(SetNotNull(place.field()));
        if (wanted.first || !wanted.after.empty()) return Move(*place.parent, place.at, wanted.first, wanted.after);
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
    TARN_TRY(TargetTable target, context.FindTarget(statement.table, is_path));
    TARN_CHECK(Alteration(context, statement, std::move(target)).Run());
    return NoRows();
}

}  // namespace tarn::engine
