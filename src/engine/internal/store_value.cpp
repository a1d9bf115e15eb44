#include "engine/internal/store_value.h"

#include <algorithm>

#include "base/nearest.h"

namespace tarn::engine {
namespace {

bool IsTime(TypeKind kind) { return kind == TypeKind::kDate || kind == TypeKind::kTimestamp || kind == TypeKind::kTimestampNtz; }

// Spark's Cast.canANSIStoreAssign is stricter, but Delta casts with it only what its analysis has let through: every ANSI cast.
bool CanCast(const DataType &from, const DataType &to) {
    if (from.kind == TypeKind::kNull || from.kind == to.kind) return true;
    if (to.kind == TypeKind::kString) return from.kind != TypeKind::kVariant && !from.IsNested();
    if (from.kind == TypeKind::kString) return !to.IsNested() && to.kind != TypeKind::kVariant && to.kind != TypeKind::kInterval;
    bool from_number = from.IsNumeric() || from.kind == TypeKind::kBoolean;
    bool to_number = to.IsNumeric() || to.kind == TypeKind::kBoolean;
    if (from_number && to_number) return true;
    if (from.IsNumeric() && to.kind == TypeKind::kTimestamp) return true;
    if (from.kind == TypeKind::kTimestamp && to.IsNumeric()) return true;
    return IsTime(from.kind) && IsTime(to.kind);
}

bool IsInteger(TypeKind kind) { return kind >= TypeKind::kByte && kind <= TypeKind::kLong; }

std::string Member(const std::string &base, const std::string &name) {
    return "struct_extract(" + base + ", " + sql::QuoteLiteral(name) + ")";
}

class Storer {
public:
    Storer(StatementContext &context, const StoreRules &rules) : context_(context), rules_(rules) {}

    Result<std::string> Store(const TypedText &value, const DataType &to, const std::string &path, int depth) {
        const DataType &from = value.type;
        std::string as_type = " AS " + sql::RenderType(to) + ")";
        // Always a cast: DuckDB's type may be another than the Spark type it is shown as (HUGEINT for a sum). To the same
        // type it costs nothing.
        if (from == to || from.kind == TypeKind::kNull) return "CAST(" + value.text + as_type;
        if (from.IsNested() || to.IsNested()) {
            if (from.kind != to.kind) return CannotCast(path, from, to);
            TARN_TRY(std::string text, StoreNested(value, to, path, depth));
            return "CAST(" + text + as_type;
        }
        if (!CanCast(from, to)) return CannotCast(path, from, to);
        std::string_view helper = CastHelper(from, to);
        if (helper.empty()) return "CAST(" + value.text + as_type;
        TARN_TRY(std::string name, context_.UseHelper("spark_cast_" + std::string(helper)));
        return "CAST(" + name + "(" + value.text + ")" + as_type;
    }

private:
    // Where DuckDB's cast differs from Spark's: it rounds where Spark cuts off, and reads other texts as numbers.
    static std::string_view CastHelper(const DataType &from, const DataType &to) {
        if (from.kind == to.kind) return "";
        switch (to.kind) {
            case TypeKind::kByte: return IsInteger(from.kind) ? "" : "tinyint";
            case TypeKind::kShort: return IsInteger(from.kind) ? "" : "smallint";
            case TypeKind::kInt: return IsInteger(from.kind) ? "" : "int";
            case TypeKind::kLong: return IsInteger(from.kind) ? "" : "bigint";
            case TypeKind::kDouble: return from.IsNumeric() ? "" : "double";
            case TypeKind::kString: return IsInteger(from.kind) ? "" : "string";
            case TypeKind::kBinary: return "binary";
            case TypeKind::kTimestamp: return "timestamp";
            default: return "";
        }
    }

    std::unexpected<Error> CannotCast(const std::string &path, const DataType &from, const DataType &to) const {
        return Fail(ErrorKind::kInvalidInput, "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION",
                    "Cannot resolve \"" + path + "\" due to data type mismatch: cannot cast \"" + from.ToSql() + "\" to \"" +
                        to.ToSql() + "\".");
    }

    std::unexpected<Error> Missing(const std::string &path, const std::string &name, const DataType &from, const DataType &to) const {
        std::string lacks = "The value for " + path + " lacks the field `" + name + "`: ";
        Error error = rules_.is_insert
                          ? MakeError(ErrorKind::kInvalidInput, "DELTA_INSERT_COLUMN_ARITY_MISMATCH",
                                      lacks + "not enough nested fields in " + path + "; the table has " +
                                          std::to_string(to.fields.size()) + ", the inserted data has " +
                                          std::to_string(from.fields.size()) + ".")
                          : MakeError(ErrorKind::kInvalidInput, "DELTA_UPDATE_SCHEMA_MISMATCH_EXPRESSION",
                                      lacks + "cannot cast " + from.ToString() + " to " + to.ToString() + ". All nested columns must match.");
        error.remedy = "Give the field a value, or write WITH SCHEMA EVOLUTION, which fills it with NULL.";
        return Fail(std::move(error));
    }

    Result<std::string> StoreNested(const TypedText &value, const DataType &to, const std::string &path, int depth) {
        if (to.kind == TypeKind::kStruct) return StoreStruct(value, to, path, depth);
        std::string each = "__tarn_v" + std::to_string(depth);
        if (to.kind == TypeKind::kArray) {
            TARN_TRY(std::string item, Store({each, value.type.children[0]}, to.children[0], path + ".element", depth + 1));
            return "list_transform(" + value.text + ", lambda " + each + ": " + item + ")";
        }
        TARN_TRY(std::string key, Store({Member(each, "key"), value.type.children[0]}, to.children[0], path + ".key", depth + 1));
        TARN_TRY(std::string item, Store({Member(each, "value"), value.type.children[1]}, to.children[1], path + ".value", depth + 1));
        return "map_from_entries(list_transform(map_entries(" + value.text + "), lambda " + each + ": struct_pack(k := " + key +
               ", v := " + item + ")))";
    }

    Result<std::string> StoreStruct(const TypedText &value, const DataType &to, const std::string &path, int depth) {
        const DataType &from = value.type;
        for (size_t i = 0; i < from.fields.size(); i++) {
            bool known = rules_.by_position ? i < to.fields.size() : to.FindField(from.fields[i].name) != nullptr;
            if (known) continue;
            return Fail(ErrorKind::kInvalidInput, "DELTA_METADATA_MISMATCH",
                        "A metadata mismatch was detected when writing to the Delta table: " + path + " has no field `" +
                            from.fields[i].name + "`.");
        }
        std::string list;
        for (size_t i = 0; i < to.fields.size(); i++) {
            const Field &field = to.fields[i];
            const Field *source = rules_.by_position ? (i < from.fields.size() ? &from.fields[i] : nullptr) : from.FindField(field.name);
            if (!source && !rules_.fill_missing) return Missing(path, field.name, from, to);
            TypedText inner{source ? Member(value.text, source->name) : "NULL", source ? source->type : DataType()};
            TARN_TRY(std::string text, Store(inner, field.type, path + "." + field.name, depth));
            list += (list.empty() ? "" : ", ") + sql::QuoteIdentifier(field.name) + " := " + text;
        }
        return "CASE WHEN " + value.text + " IS NULL THEN NULL ELSE struct_pack(" + list + ") END";
    }

    StatementContext &context_;
    const StoreRules &rules_;
};

// Whether `path` starts with `prefix`; both in the schema's spelling.
bool StartsWith(const std::vector<std::string> &path, const std::vector<std::string> &prefix) {
    return path.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), path.begin());
}

Result<std::string> AssignAt(StatementContext &context, const Field &field, const std::string &current,
                             const std::vector<AssignedValue> &assigned, const std::vector<std::string> &path, const StoreRules &rules) {
    bool within = false;
    for (const AssignedValue &item : assigned) {
        if (!StartsWith(item.path, path)) continue;
        if (item.path.size() == path.size()) return StoreValue(context, item.value, field.type, item.path.back(), rules);
        within = true;
    }
    if (!within) return current;
    std::string list;
    for (const Field &inner : field.type.fields) {
        std::vector<std::string> deeper = path;
        deeper.push_back(inner.name);
        TARN_TRY(std::string text, AssignAt(context, inner, Member(current, inner.name), assigned, deeper, rules));
        list += (list.empty() ? "" : ", ") + sql::QuoteIdentifier(inner.name) + " := " + text;
    }
    return "struct_pack(" + list + ")";
}

std::unexpected<Error> UnresolvedAssigned(const sql::Name &name, const DataType &schema) {
    Error error = MakeError(ErrorKind::kInvalidInput, "UNRESOLVED_COLUMN.WITH_SUGGESTION",
                            "A column with name `" + name.ToString() + "` cannot be resolved.");
    error.position = name.position;
    std::vector<std::string> known;
    for (const Field &field : schema.fields) known.push_back(field.name);
    auto near = NearestNames(name.Last(), known, 1);
    if (!near.empty()) error.remedy = "Did you mean `" + near[0] + "`?";
    return Fail(std::move(error));
}

// How many parts in front of `name` are the table's: 0 where it starts with a column.
size_t QualifierParts(const sql::Name &name, const DataType &schema, const sql::ScopeRelation &target) {
    auto &parts = name.parts;
    auto leads_on = [&](size_t count) { return count < parts.size() && schema.FindField(parts[count]) != nullptr; };
    if (EqualsIgnoreCase(parts[0], target.alias) && leads_on(1)) return 1;
    for (size_t count = std::min<size_t>(target.name.parts.size(), parts.size() - 1); count >= 1; count--) {
        bool same = std::equal(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(count),
                               target.name.parts.end() - static_cast<std::ptrdiff_t>(count), EqualsIgnoreCase);
        if (same && leads_on(count)) return count;
    }
    return 0;
}

}  // namespace

Result<std::string> StoreValue(StatementContext &context, const TypedText &value, const DataType &to, const std::string &path,
                               const StoreRules &rules) {
    return Storer(context, rules).Store(value, to, path, 0);
}

Result<std::string> StoreAssigned(StatementContext &context, const Field &field, const std::string &current,
                                  const std::vector<AssignedValue> &assigned, const StoreRules &rules) {
    return AssignAt(context, field, current, assigned, {field.name}, rules);
}

Result<std::vector<std::string>> ResolveAssigned(const sql::Name &name, const DataType &schema, const sql::ScopeRelation &target) {
    std::vector<std::string> path;
    const DataType *type = &schema;
    for (size_t i = QualifierParts(name, schema, target); i < name.parts.size(); i++) {
        if (type->kind != TypeKind::kStruct) {
            Error error = MakeError(ErrorKind::kUnsupported, "DELTA_NESTED_FIELD_UPDATE_NOT_SUPPORTED",
                                    "`" + name.ToString() + "`: updating nested fields is only supported for structs, not within " +
                                        type->ToSql() + ".");
            error.position = name.position;
            error.remedy = "Assign the whole column a new value, e.g. with transform().";
            return Fail(std::move(error));
        }
        const Field *field = type->FindField(name.parts[i]);
        if (!field && path.empty()) return UnresolvedAssigned(name, schema);
        if (!field) {
            Error error = MakeError(ErrorKind::kInvalidInput, "FIELD_NOT_FOUND",
                                    "No such struct field `" + name.parts[i] + "` in " + type->ToSql() + ".");
            error.position = name.position;
            return Fail(std::move(error));
        }
        path.push_back(field->name);
        type = &field->type;
    }
    return path;
}

Result<void> CheckConflicts(const std::vector<std::vector<std::string>> &paths) {
    for (size_t i = 0; i < paths.size(); i++) {
        for (size_t j = i + 1; j < paths.size(); j++) {
            if (!StartsWith(paths[i], paths[j]) && !StartsWith(paths[j], paths[i])) continue;
            std::string names[2];
            for (const std::string &part : paths[i]) names[0] += (names[0].empty() ? "" : ".") + part;
            for (const std::string &part : paths[j]) names[1] += (names[1].empty() ? "" : ".") + part;
            return Fail(ErrorKind::kInvalidInput, "DELTA_CONFLICT_SET_COLUMN",
                        "There is a conflict from these SET columns: [`" + names[0] + "`, `" + names[1] + "`].");
        }
    }
    return {};
}

}  // namespace tarn::engine
