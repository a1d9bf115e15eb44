// Types that an expression shows by itself: enough to choose the right DuckDB form without knowing the tables.
#include <algorithm>
#include <span>

#include "sql/internal/renderer.h"

namespace tarn::sql {
namespace {

struct Returns {
    std::string_view name;
    EvidentType type;
};

constexpr Returns kReturns[] = {
    {"current_date", EvidentType::kDate},        {"curdate", EvidentType::kDate},
    {"to_date", EvidentType::kDate},             {"try_to_date", EvidentType::kDate},
    {"date", EvidentType::kDate},                {"date_sub", EvidentType::kDate},
    {"add_months", EvidentType::kDate},          {"last_day", EvidentType::kDate},
    {"next_day", EvidentType::kDate},            {"make_date", EvidentType::kDate},
    {"trunc", EvidentType::kDate},               {"date_from_unix_date", EvidentType::kDate},
    {"current_timestamp", EvidentType::kTimestamp}, {"now", EvidentType::kTimestamp},
    {"to_timestamp", EvidentType::kTimestamp},   {"try_to_timestamp", EvidentType::kTimestamp},
    {"timestamp", EvidentType::kTimestamp},      {"date_trunc", EvidentType::kTimestamp},
    {"make_timestamp", EvidentType::kTimestamp}, {"timestamp_seconds", EvidentType::kTimestamp},
    {"timestamp_millis", EvidentType::kTimestamp}, {"timestamp_micros", EvidentType::kTimestamp},
    {"localtimestamp", EvidentType::kTimestampNtz}, {"to_timestamp_ntz", EvidentType::kTimestampNtz},
    {"size", EvidentType::kInteger},             {"cardinality", EvidentType::kInteger},
    {"array_size", EvidentType::kInteger},       {"length", EvidentType::kInteger},
    {"char_length", EvidentType::kInteger},      {"count", EvidentType::kInteger},
    {"floor", EvidentType::kInteger},            {"ceil", EvidentType::kInteger},
    {"ceiling", EvidentType::kInteger},          {"pmod", EvidentType::kInteger},
    {"int", EvidentType::kInteger},              {"bigint", EvidentType::kInteger},
    {"row_number", EvidentType::kInteger},       {"rank", EvidentType::kInteger},
    {"dense_rank", EvidentType::kInteger},       {"year", EvidentType::kInteger},
    {"month", EvidentType::kInteger},            {"day", EvidentType::kInteger},
    {"dayofweek", EvidentType::kInteger},        {"weekday", EvidentType::kInteger},
    {"quarter", EvidentType::kInteger},          {"hour", EvidentType::kInteger},
    {"minute", EvidentType::kInteger},           {"instr", EvidentType::kInteger},
    {"locate", EvidentType::kInteger},           {"array_position", EvidentType::kInteger},
    {"upper", EvidentType::kString},             {"lower", EvidentType::kString},
    {"concat_ws", EvidentType::kString},         {"trim", EvidentType::kString},
    {"substring", EvidentType::kString},         {"date_format", EvidentType::kString},
    {"string", EvidentType::kString},            {"regexp_replace", EvidentType::kString},
    {"regexp_extract", EvidentType::kString},    {"replace", EvidentType::kString},
    {"map", EvidentType::kMap},                  {"map_from_arrays", EvidentType::kMap},
    {"map_from_entries", EvidentType::kMap},     {"map_concat", EvidentType::kMap},
    {"map_filter", EvidentType::kMap},           {"transform_values", EvidentType::kMap},
    {"transform_keys", EvidentType::kMap},       {"str_to_map", EvidentType::kMap},
    {"array", EvidentType::kArray},              {"split", EvidentType::kArray},
    {"collect_list", EvidentType::kArray},       {"collect_set", EvidentType::kArray},
    {"transform", EvidentType::kArray},          {"filter", EvidentType::kArray},
    {"map_keys", EvidentType::kArray},           {"map_values", EvidentType::kArray},
    {"sequence", EvidentType::kArray},           {"array_distinct", EvidentType::kArray},
    {"unhex", EvidentType::kBinary},             {"unbase64", EvidentType::kBinary},
    {"encode", EvidentType::kBinary},
};

EvidentType OfKind(TypeKind kind) {
    switch (kind) {
        case TypeKind::kByte:
        case TypeKind::kShort:
        case TypeKind::kInt:
        case TypeKind::kLong: return EvidentType::kInteger;
        case TypeKind::kFloat:
        case TypeKind::kDouble:
        case TypeKind::kDecimal: return EvidentType::kNumber;
        case TypeKind::kString: return EvidentType::kString;
        case TypeKind::kDate: return EvidentType::kDate;
        case TypeKind::kTimestamp: return EvidentType::kTimestamp;
        case TypeKind::kTimestampNtz: return EvidentType::kTimestampNtz;
        case TypeKind::kBinary: return EvidentType::kBinary;
        case TypeKind::kArray: return EvidentType::kArray;
        case TypeKind::kMap: return EvidentType::kMap;
        default: return EvidentType::kUnknown;
    }
}

EvidentType OfBinary(const Binary &binary) {
    switch (binary.op) {
        case BinaryOp::kIntDivide: return EvidentType::kInteger;
        case BinaryOp::kDivide: return EvidentType::kNumber;
        case BinaryOp::kAdd:
        case BinaryOp::kSubtract:
        case BinaryOp::kMultiply:
        case BinaryOp::kModulo: {
            EvidentType left = EvidentTypeOf(*binary.left);
            EvidentType right = EvidentTypeOf(*binary.right);
            bool interval_right = binary.right->As<IntervalLiteral>() != nullptr;
            bool time = left == EvidentType::kTimestamp || left == EvidentType::kTimestampNtz;
            if (interval_right && time) return left;
            // i + 1 is an index where i is a column of unknown type: arithmetic on a map's key is rare.
            bool integer = right == EvidentType::kInteger && left != EvidentType::kDate && left != EvidentType::kNumber;
            if (integer) return EvidentType::kInteger;
            if (left == EvidentType::kInteger && right == EvidentType::kUnknown) return EvidentType::kInteger;
            if (left == EvidentType::kNumber || right == EvidentType::kNumber) return EvidentType::kNumber;
            return EvidentType::kUnknown;
        }
        default: return EvidentType::kUnknown;
    }
}

}  // namespace

EvidentType EvidentTypeOf(const Expr &expr) {
    if (const auto *literal = expr.As<Literal>()) return OfKind(literal->type.kind);
    if (const auto *cast = expr.As<Cast>()) return OfKind(cast->type.kind);
    if (const auto *binary = expr.As<Binary>()) return OfBinary(*binary);
    if (const auto *unary = expr.As<Unary>()) return EvidentTypeOf(*unary->operand);
    const auto *call = expr.As<FunctionCall>();
    if (call == nullptr || call->name.parts.size() != 1) return EvidentType::kUnknown;
    std::string name = ToLower(call->name.parts[0]);
    // date_add with a unit keeps the type of its third argument.
    if (name == "date_add") return call->args.size() == 2 ? EvidentType::kDate : EvidentType::kUnknown;
    auto found = std::ranges::find(kReturns, name, &Returns::name);
    return found == std::end(kReturns) ? EvidentType::kUnknown : found->type;
}

}  // namespace tarn::sql
