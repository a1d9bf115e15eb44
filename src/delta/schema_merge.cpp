// How a table's schema grows: MergeSchemas of schema.h.
#include <set>

#include "delta/schema.h"

namespace tarn::delta {
namespace {

int IntegerRank(TypeKind kind) {
    switch (kind) {
        case TypeKind::kByte: return 1;
        case TypeKind::kShort: return 2;
        case TypeKind::kInt: return 3;
        case TypeKind::kLong: return 4;
        default: return 0;
    }
}

// Decimal digits that hold every value of an integer type.
int IntegerDigits(TypeKind kind) { return kind == TypeKind::kLong ? 20 : 10; }

// Of the widenings, those that a write may do on its own: within a family of types. An INT column does not become a DOUBLE
// because some rows have one.
bool WidensByItself(const DataType &from, const DataType &to) {
    bool integers = IntegerRank(from.kind) > 0 && IntegerRank(to.kind) > 0;
    return integers || from.kind == to.kind || from.kind == TypeKind::kFloat || from.kind == TypeKind::kDate;
}

class Merger {
public:
    explicit Merger(const MergeOptions &options) : options_(options) {}

    Result<DataType> Merge(const DataType &table, const DataType &incoming, const std::string &path) {
        if (incoming.kind == TypeKind::kNull) return table;
        if (table.kind == TypeKind::kNull) {
            // Nothing but NULL was ever stored, so any type fits.
            changed_ = true;
            return incoming;
        }
        if (table.kind != incoming.kind || !table.IsNested()) return MergeAtoms(table, incoming, path);
        if (table.kind == TypeKind::kStruct) return MergeStructs(table, incoming, path);
        DataType out = table;
        const char *names[] = {"element", "value"};
        if (table.kind == TypeKind::kMap) names[0] = "key";
        for (size_t i = 0; i < table.children.size(); i++) {
            TARN_TRY(out.children[i], Merge(table.children[i], incoming.children[i], path + "." + names[i]));
        }
        return out;
    }

    std::vector<std::string> added_;
    bool changed_ = false;

private:
    Result<DataType> MergeAtoms(const DataType &table, const DataType &incoming, const std::string &path) {
        if (table == incoming) return table;
        if (options_.widen_types && CanWiden(table, incoming) && WidensByItself(table, incoming)) {
            changed_ = true;
            return incoming;
        }
        if (options_.implicit_casts && CanStoreAs(incoming, table)) return table;
        Error error = MakeError(ErrorKind::kInvalidInput, "DELTA_FAILED_TO_MERGE_FIELDS",
                                "Failed to merge fields '" + path + "': the table has type " + table.ToSql() +
                                    ", the new rows have " + incoming.ToSql() + ".");
        error.remedy = "Cast the column to " + table.ToSql() + " in the query, or write it under another name.";
        return Fail(std::move(error));
    }

    Result<DataType> MergeStructs(const DataType &table, const DataType &incoming, const std::string &path) {
        DataType out = table;
        std::set<std::string> seen;
        for (const Field &field : incoming.fields) {
            std::string inner = path.empty() ? field.name : path + "." + field.name;
            if (!seen.insert(ToLower(field.name)).second) {
                return Fail(ErrorKind::kInvalidInput, "DELTA_DUPLICATE_COLUMNS_FOUND",
                            "Found the column " + inner + " twice in the new rows (names ignore case).");
            }
            Field *known = nullptr;
            for (Field &candidate : out.fields) {
                if (EqualsIgnoreCase(candidate.name, field.name)) known = &candidate;
            }
            if (known != nullptr) {
                TARN_TRY(known->type, Merge(known->type, field.type, inner));
            } else if (options_.add_columns) {
                out.fields.push_back(field);
                out.fields.back().nullable = true;  // Older rows have no value for it.
                added_.push_back(inner);
                changed_ = true;
            } else {
                Error error = MakeError(ErrorKind::kInvalidInput, "DELTA_FAILED_TO_MERGE_FIELDS",
                                        "The table has no column " + inner + ".");
                error.remedy = "Leave it out of the query, or allow schema evolution for this write.";
                return Fail(std::move(error));
            }
        }
        return out;
    }

    const MergeOptions &options_;
};

}  // namespace

Result<MergedSchema> MergeSchemas(const DataType &table, const DataType &incoming, const MergeOptions &options) {
    Merger merger(options);
    TARN_TRY(DataType schema, merger.Merge(table, incoming, ""));
    return MergedSchema{std::move(schema), std::move(merger.added_), merger.changed_};
}

bool CanWiden(const DataType &from, const DataType &to) {
    int from_rank = IntegerRank(from.kind);
    int to_rank = IntegerRank(to.kind);
    if (from_rank > 0 && to_rank > 0) return from_rank < to_rank;
    if (from.kind == TypeKind::kFloat) return to.kind == TypeKind::kDouble;
    if (from.kind == TypeKind::kDate) return to.kind == TypeKind::kTimestampNtz;
    if (from_rank > 0 && to.kind == TypeKind::kDouble) return from.kind != TypeKind::kLong;
    if (from_rank > 0 && to.kind == TypeKind::kDecimal) return to.precision - to.scale >= IntegerDigits(from.kind);
    if (from.kind == TypeKind::kDecimal && to.kind == TypeKind::kDecimal) {
        return from != to && to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale;
    }
    return false;
}

bool CanStoreAs(const DataType &from, const DataType &to) {
    if (from == to || from.kind == TypeKind::kNull) return true;
    if (from.IsNested() || to.IsNested()) {
        if (from.kind != to.kind) return false;
        if (from.kind == TypeKind::kStruct) {
            for (const Field &field : from.fields) {
                const Field *target = to.FindField(field.name);
                if (target == nullptr || !CanStoreAs(field.type, target->type)) return false;
            }
            return true;
        }
        for (size_t i = 0; i < from.children.size(); i++) {
            if (!CanStoreAs(from.children[i], to.children[i])) return false;
        }
        return true;
    }
    // ANSI store assignment: numbers to numbers (overflow is checked on write), anything simple to text,
    // dates and timestamps among themselves.
    if (from.IsNumeric() && to.IsNumeric()) return true;
    if (to.kind == TypeKind::kString) return from.kind != TypeKind::kBinary && from.kind != TypeKind::kVariant;
    auto is_time = [](const DataType &type) {
        return type.kind == TypeKind::kDate || type.kind == TypeKind::kTimestamp ||
               type.kind == TypeKind::kTimestampNtz;
    };
    return is_time(from) && is_time(to);
}

}  // namespace tarn::delta
