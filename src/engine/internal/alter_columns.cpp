#include "engine/internal/alter_columns.h"

#include <algorithm>

#include "delta/schema.h"
#include "engine/internal/ddl_columns.h"
#include "engine/internal/write_rules.h"
#include "sql/parser.h"

namespace tarn::engine {
namespace {

std::unexpected<Error> InvalidColumn(std::string_view condition, std::string message) {
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
        return InvalidColumn("DELTA_CONSTRAINT_DEPENDENT_COLUMN_CHANGE",
                       "Cannot alter column " + path.ToString() + " because this column is referenced by the following check constraint(s):" + list(rules));
    }
    if (auto rules = GeneratedFrom(metadata, column); !rules.empty()) {
        return InvalidColumn("DELTA_GENERATED_COLUMNS_DEPENDENT_COLUMN_CHANGE",
                       "Cannot alter column " + path.ToString() + " because this column is referenced by the following generated column(s):" + list(rules));
    }
    return {};
}

// What a type becomes: the wanted one where widening allows it, in the shape that the column has. nullopt: it does not.
std::optional<DataType> Widened(const DataType &from, const DataType &to) {
    if (from.kind == TypeKind::kNull) return to;  // Nothing but NULL was ever stored.
    if (from.kind != to.kind || !from.IsNested()) {
        if (from != to && !delta::CanWiden(from, to)) return std::nullopt;
        return to;
    }
    DataType out = from;
    if (from.fields.size() != to.fields.size()) return std::nullopt;
    auto widen = [](DataType &into, const DataType &inner) {
        auto widened = Widened(into, inner);
        if (widened) into = *std::move(widened);
        return widened.has_value();
    };
    for (size_t i = 0; i < from.children.size(); i++) {
        if (!widen(out.children[i], to.children[i])) return std::nullopt;
    }
    for (size_t i = 0; i < from.fields.size(); i++) {
        if (!EqualsIgnoreCase(from.fields[i].name, to.fields[i].name) || !widen(out.fields[i].type, to.fields[i].type)) return std::nullopt;
    }
    return out;
}

// VARCHAR may become longer, or STRING: no file knows of it. false: that is no such change.
bool ChangeTextBound(Field &field, const DataType &type) {
    constexpr const char *kSpelled = "__CHAR_VARCHAR_TYPE_STRING";
    auto spelled = delta::MetadataText(field, kSpelled);
    auto known = spelled ? sql::ParseDataType(*spelled) : Result<DataType>(field.type);
    int64_t bound = known ? known->text_bound : 0;
    if (type.text_bound == bound) return true;
    if (bound <= 0 || (type.text_bound != 0 && type.text_bound < bound)) return false;
    field.metadata.erase(kSpelled);
    if (type.text_bound > 0) delta::SetMetadataText(field, kSpelled, "varchar(" + std::to_string(type.text_bound) + ")");
    return true;
}

}  // namespace

Result<Place> FindColumn(DataType &schema, const sql::Name &path) {
    TARN_TRY(DataType * parent, FindStruct(schema, path, path.parts.size() - 1));
    for (size_t i = 0; i < parent->fields.size(); i++) {
        if (EqualsIgnoreCase(parent->fields[i].name, path.Last())) return Place{parent, i};
    }
    return Unresolved(path);
}

Result<void> MoveColumn(DataType &parent, size_t from, bool first, const std::string &after) {
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
        if (added.first || !added.after.empty()) TARN_CHECK(MoveColumn(*parent, parent->fields.size() - 1, added.first, added.after));
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
            return InvalidColumn("DELTA_UNSUPPORTED_DROP_PARTITION_COLUMN", "Dropping partition columns (" + path.ToString() + ") is not allowed.");
        }
        if (found->parent->fields.size() == 1) {
            return InvalidColumn("DELTA_DROP_COLUMN_ON_SINGLE_FIELD_SCHEMA", "Cannot drop column from a schema with a single column.");
        }
        found->parent->fields.erase(found->parent->fields.begin() + static_cast<std::ptrdiff_t>(found->at));
    }
    return {};
}

Result<void> ReplaceColumns(delta::Metadata &metadata, const sql::AlterTable &statement) {
    auto refuse = [&](const std::string &reason) {
        return Fail(ErrorKind::kUnsupported, "DELTA_UNSUPPORTED_ALTER_TABLE_REPLACE_COL_OP", "Unsupported ALTER TABLE REPLACE COLUMNS operation. Reason: " + reason + ".");
    };
    DataType before = metadata.schema;
    std::vector<Field> fields;
    for (const sql::AddColumn &wanted : statement.add_columns) {
        const std::string &name = wanted.column.name;
        if (wanted.path.parts.size() > 1) return refuse("the column " + wanted.path.ToString() + " is part of another one");
        if (std::ranges::any_of(fields, [&](const Field &field) { return EqualsIgnoreCase(field.name, name); })) {
            return Fail(ErrorKind::kAlreadyExists, "COLUMN_ALREADY_EXISTS", "The column `" + name + "` already exists. Choose another name or rename the existing column.");
        }
        const Field *known = before.FindField(name);
        if (known == nullptr) {
            if (!wanted.column.nullable) return refuse("the new column " + name + " is NOT NULL");
            TARN_TRY(Field field, FieldOf(wanted.column));
            fields.push_back(std::move(field));
            continue;
        }
        if (IsIdentity(*known)) return InvalidColumn("DELTA_IDENTITY_COLUMNS_REPLACE_COLUMN_NOT_SUPPORTED", "ALTER TABLE REPLACE COLUMNS is not supported for table with IDENTITY columns.");
        if (known->nullable && !wanted.column.nullable) return refuse("the column " + name + " would become NOT NULL");
        if (wanted.column.type != known->type) TARN_CHECK(ChangeColumnType(metadata, {{name}, wanted.path.position}, wanted.column.type));
        Field field = *metadata.schema.FindField(name);
        field.nullable = wanted.column.nullable;
        if (!wanted.column.comment.empty()) delta::SetMetadataText(field, "comment", wanted.column.comment);
        fields.push_back(std::move(field));
    }
    sql::AlterTable drop;
    for (const Field &field : before.fields) {
        bool stays = std::ranges::any_of(fields, [&](const Field &other) { return EqualsIgnoreCase(other.name, field.name); });
        if (!stays) drop.columns.push_back({{field.name}, {}});
    }
    if (!drop.columns.empty() && delta::ColumnMappingOf(metadata) == delta::ColumnMapping::kNone) {
        return refuse("it would drop the column " + drop.columns[0].ToString() + ", which needs column mapping: ALTER TABLE … SET TBLPROPERTIES "
                      "('delta.columnMapping.mode' = 'name')");
    }
    // New columns first: not one column may be left for a moment.
    for (Field &field : fields) {
        if (!metadata.schema.FindField(field.name)) metadata.schema.fields.push_back(field);
    }
    if (!drop.columns.empty()) TARN_CHECK(DropColumns(metadata, drop));
    metadata.schema.fields = std::move(fields);
    return {};
}

Result<void> ChangeColumnType(delta::Metadata &metadata, const sql::Name &path, const DataType &type) {
    DataType before = metadata.schema;
    // An element, a key or a value has no name in a struct: its column is the nearest that has.
    std::vector<std::string> parts = path.parts;
    DataType *at = nullptr;
    Field *field = nullptr;
    if (auto place = FindColumn(metadata.schema, path)) {
        field = &place->field();
        at = &field->type;
    } else {
        size_t used = 1;
        Field *top = nullptr;
        for (Field &candidate : metadata.schema.fields) {
            if (EqualsIgnoreCase(candidate.name, parts[0])) top = &candidate;
        }
        if (top == nullptr) return Fail(std::move(place).error());
        at = IntoCollections(&top->type, parts, used);
        while (used < parts.size() && at->kind == TypeKind::kStruct) {
            auto found = std::ranges::find_if(at->fields, [&](const Field &inner) { return EqualsIgnoreCase(inner.name, parts[used]); });
            if (found == at->fields.end()) break;
            used++;
            at = IntoCollections(&found->type, parts, used);
        }
        if (used < parts.size()) return Fail(std::move(place).error());
    }
    bool texts = at->kind == TypeKind::kString && type.kind == TypeKind::kString;
    if (texts && (field != nullptr ? ChangeTextBound(*field, type) : type.text_bound == 0)) return {};
    if (!texts && *at == type) return {};
    TARN_CHECK(CheckNoRuleUses(metadata, path));
    std::optional<DataType> widened = texts ? std::nullopt : Widened(*at, type);
    bool off = !metadata.BoolProperty("delta.enableTypeWidening", false) && at->kind != TypeKind::kNull;
    if (!widened || off || (field != nullptr && IsIdentity(*field))) {
        Error error = MakeError(ErrorKind::kUnsupported, "DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP",
                                "ALTER TABLE CHANGE COLUMN is not supported for changing column " + path.ToString() + " from " + at->ToSql() + " to " + type.ToSql() + ".");
        error.remedy = widened && off ? "Switch type widening on: ALTER TABLE … SET TBLPROPERTIES ('delta.enableTypeWidening' = 'true')."
                                      : "Write the table again: CREATE OR REPLACE TABLE … AS SELECT with a CAST.";
        return Fail(std::move(error));
    }
    *at = *std::move(widened);
    delta::RecordTypeChanges(before, metadata.schema);
    return {};
}

}  // namespace tarn::engine
