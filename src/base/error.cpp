#include "base/error.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace tarn {
namespace {

struct ClassState {
    std::string_view condition;
    std::string_view sqlstate;
};

// Sorted by condition: SqlStateOf searches it. The states are Spark's and Delta's published ones.
constexpr std::array kStates = {
    ClassState{"AI_BUDGET_EXCEEDED", "54000"},
    ClassState{"AMBIGUOUS_REFERENCE", "42704"},
    ClassState{"ARITHMETIC_OVERFLOW", "22003"},
    ClassState{"CAST_INVALID_INPUT", "22018"},
    ClassState{"COLUMN_ALREADY_EXISTS", "42711"},
    ClassState{"CREATE_VIEW_COLUMN_ARITY_MISMATCH", "21S01"},
    ClassState{"DATATYPE_MISMATCH", "42K09"},
    ClassState{"DELTA_CANNOT_MODIFY_APPEND_ONLY", "42809"},
    ClassState{"DELTA_CANNOT_RESTORE_TABLE_VERSION", "22003"},
    ClassState{"DELTA_CANNOT_RESTORE_TIMESTAMP_EARLIER", "22003"},
    ClassState{"DELTA_CANNOT_RESTORE_TIMESTAMP_GREATER", "22003"},
    ClassState{"DELTA_CANNOT_VACUUM_LITE", "55000"},
    ClassState{"DELTA_CDC_NON_CONSTANT_ARGUMENT", "42K0H"},
    ClassState{"DELTA_CDC_READ_NULL_RANGE_BOUNDARY", "22004"},
    ClassState{"DELTA_CDC_START_VERSION_AFTER_LATEST", "22003"},
    ClassState{"DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_DATA_SCHEMA", "0AKDC"},
    ClassState{"DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE", "0AKDC"},
    ClassState{"DELTA_CLONE_AMBIGUOUS_TARGET", "42613"},
    ClassState{"DELTA_CLONE_UNSUPPORTED_SOURCE", "0AKDC"},
    ClassState{"DELTA_CLUSTERING_COLUMNS_DATATYPE_NOT_SUPPORTED", "0A000"},
    ClassState{"DELTA_CLUSTERING_COLUMN_MISSING_STATS", "22000"},
    ClassState{"DELTA_CLUSTERING_WITH_PARTITION_PREDICATE", "0A000"},
    ClassState{"DELTA_CLUSTERING_WITH_ZORDER_BY", "42613"},
    ClassState{"DELTA_CLUSTER_BY_INVALID_NUM_COLUMNS", "54000"},
    ClassState{"DELTA_CLUSTER_BY_WITH_PARTITIONED_BY", "42613"},
    ClassState{"DELTA_CONCURRENT_APPEND", "2D521"},
    ClassState{"DELTA_CONCURRENT_DELETE_DELETE", "2D521"},
    ClassState{"DELTA_CONCURRENT_DELETE_READ", "2D521"},
    ClassState{"DELTA_CONCURRENT_TRANSACTION", "2D521"},
    ClassState{"DELTA_CONCURRENT_WRITE", "2D521"},
    ClassState{"DELTA_CONVERT_NON_PARQUET_TABLE", "0AKDC"},
    ClassState{"DELTA_CORRUPT_LOG", "XXKDS"},
    ClassState{"DELTA_CREATE_TABLE_SCHEME_MISMATCH", "42KD7"},
    ClassState{"DELTA_DELETION_VECTOR_CARDINALITY_MISMATCH", "XXKDS"},
    ClassState{"DELTA_DELETION_VECTOR_CHECKSUM_MISMATCH", "XXKDS"},
    ClassState{"DELTA_DELETION_VECTOR_CORRUPT", "XXKDS"},
    ClassState{"DELTA_DELETION_VECTOR_SIZE_MISMATCH", "XXKDS"},
    ClassState{"DELTA_DUPLICATE_COLUMNS_FOUND", "42711"},
    ClassState{"DELTA_EMPTY_DIRECTORY", "42K03"},
    ClassState{"DELTA_FAILED_TO_MERGE_FIELDS", "22005"},
    ClassState{"DELTA_FILE_NOT_FOUND", "42K03"},
    ClassState{"DELTA_INVALID_CDC_RANGE", "22003"},
    ClassState{"DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES", "42K05"},
    ClassState{"DELTA_INVALID_CLONE_PATH", "22KD1"},
    ClassState{"DELTA_INVALID_PROTOCOL_VERSION", "KD004"},
    ClassState{"DELTA_METADATA_CHANGED", "2D521"},
    ClassState{"DELTA_MISSING_CHANGE_DATA", "KD002"},
    ClassState{"DELTA_MISSING_DELTA_TABLE", "42P01"},
    ClassState{"DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE", "21506"},
    ClassState{"DELTA_NON_PARTITION_COLUMN_REFERENCE", "42P10"},
    ClassState{"DELTA_NOT_NULL_CONSTRAINT_VIOLATED", "23502"},
    ClassState{"DELTA_NO_START_FOR_CDC_READ", "42601"},
    ClassState{"DELTA_OPTIMIZE_FULL_NOT_SUPPORTED", "42601"},
    ClassState{"DELTA_PROTOCOL_CHANGED", "2D521"},
    ClassState{"DELTA_READ_TABLE_WITHOUT_COLUMNS", "428GU"},
    ClassState{"DELTA_REMOVE_FILE_CDC_MISSING_EXTENDED_METADATA", "XXKDS"},
    ClassState{"DELTA_SOURCE_TABLE_IGNORE_CHANGES", "0A000"},
    ClassState{"DELTA_STATE_RECOVER_ERROR", "XXKDS"},
    ClassState{"DELTA_TABLE_ALREADY_EXISTS", "42P07"},
    ClassState{"DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION", "42816"},
    ClassState{"DELTA_TIMESTAMP_GREATER_THAN_COMMIT", "42816"},
    ClassState{"DELTA_TIMESTAMP_INVALID", "42816"},
    ClassState{"DELTA_TRUNCATED_TRANSACTION_LOG", "42K03"},
    ClassState{"DELTA_UNEXPECTED_NUM_PARTITION_COLUMNS_FROM_FILE_NAME", "KD009"},
    ClassState{"DELTA_UNEXPECTED_PARTITION_COLUMN_FROM_FILE_NAME", "KD009"},
    ClassState{"DELTA_UNSUPPORTED_CLONE_REPLACE_SAME_TABLE", "0AKDC"},
    ClassState{"DELTA_UNSUPPORTED_DATA_TYPES", "0AKDC"},
    ClassState{"DELTA_UNSUPPORTED_FEATURES_FOR_READ", "56038"},
    ClassState{"DELTA_UNSUPPORTED_FEATURES_FOR_WRITE", "56038"},
    ClassState{"DELTA_UNSUPPORTED_NON_EMPTY_CLONE", "0AKDC"},
    ClassState{"DELTA_UNSUPPORTED_STATS_RECOMPUTE_WITH_DELETION_VECTORS", "0AKDD"},
    ClassState{"DELTA_UNSUPPORTED_VACUUM_SPECIFIC_PARTITION", "0AKDC"},
    ClassState{"DELTA_VACUUM_RETENTION_PERIOD_NEGATIVE", "22003"},
    ClassState{"DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT", "22003"},
    ClassState{"DELTA_VERSIONS_NOT_CONTIGUOUS", "KD00C"},
    ClassState{"DELTA_VERSION_NOT_FOUND", "22003"},
    ClassState{"DELTA_ZORDERING_COLUMN_DOES_NOT_EXIST", "42703"},
    ClassState{"DELTA_ZORDERING_ON_COLUMN_WITHOUT_STATS", "KD00D"},
    ClassState{"DELTA_ZORDERING_ON_PARTITION_COLUMN", "42P10"},
    ClassState{"DIVIDE_BY_ZERO", "22012"},
    ClassState{"EXPECTATION_FAILED", "22000"},
    ClassState{"FAILED_READ_FILE", "KD001"},
    ClassState{"FEATURE_NOT_SUPPORTED", "0A000"},
    ClassState{"FIELD_ALREADY_EXISTS", "42710"},
    ClassState{"INCOMPATIBLE_DATA_FOR_TABLE", "KD000"},
    ClassState{"INSERT_COLUMN_ARITY_MISMATCH", "21S01"},
    ClassState{"INTERNAL_ERROR", "XX000"},
    ClassState{"INVALID_ARRAY_INDEX", "22003"},
    ClassState{"INVALID_DATETIME_PATTERN", "22007"},
    ClassState{"INVALID_INLINE_TABLE", "42000"},
    ClassState{"INVALID_NUMERIC_LITERAL_RANGE", "22003"},
    ClassState{"INVALID_PARAMETER_VALUE", "22023"},
    ClassState{"INVALID_SQL_SYNTAX", "42000"},
    ClassState{"INVALID_TIME_TRAVEL_TIMESTAMP_EXPR", "42K0E"},
    ClassState{"INVALID_TYPED_LITERAL", "42604"},
    ClassState{"IO_ERROR", "58030"},
    ClassState{"MALFORMED_RECORD_IN_PARSING", "22023"},
    ClassState{"MISSING_AGGREGATION", "42803"},
    ClassState{"NUM_COLUMNS_MISMATCH", "42826"},
    ClassState{"OPERATION_CANCELED", "HY008"},
    ClassState{"OUT_OF_MEMORY", "53200"},
    ClassState{"PARSE_SYNTAX_ERROR", "42601"},
    ClassState{"PATH_NOT_FOUND", "42K03"},
    ClassState{"PIPELINE_INVALID_DEFINITION", "42000"},
    ClassState{"RECURSIVE_VIEW", "42K0H"},
    ClassState{"RESOURCE_LIMIT_EXCEEDED", "54000"},
    ClassState{"SCHEMA_ALREADY_EXISTS", "42P06"},
    ClassState{"SCHEMA_NOT_EMPTY", "2BP01"},
    ClassState{"SCHEMA_NOT_FOUND", "42704"},
    ClassState{"STREAMING_TABLE_OPERATION_NOT_ALLOWED", "42601"},
    ClassState{"STREAM_FAILED", "XXKST"},
    ClassState{"TABLE_OR_VIEW_ALREADY_EXISTS", "42P07"},
    ClassState{"TABLE_OR_VIEW_NOT_FOUND", "42P01"},
    ClassState{"TEMP_TABLE_OR_VIEW_ALREADY_EXISTS", "42P07"},
    ClassState{"UDTF_ALIAS_NUMBER_MISMATCH", "42802"},
    ClassState{"UNABLE_TO_INFER_SCHEMA", "42KD9"},
    ClassState{"UNAUTHORIZED_ACCESS", "42501"},
    ClassState{"UNBOUND_SQL_PARAMETER", "42P02"},
    ClassState{"UNCLOSED_BRACKETED_COMMENT", "42601"},
    ClassState{"UNKNOWN_FIELD_EXCEPTION", "KD003"},
    ClassState{"UNRESOLVABLE_TABLE_VALUED_FUNCTION", "42883"},
    ClassState{"UNRESOLVED_COLUMN", "42703"},
    ClassState{"UNRESOLVED_ROUTINE", "42883"},
    ClassState{"UNRESOLVED_VARIABLE", "42883"},
    ClassState{"UNSUPPORTED_DATATYPE", "0A000"},
    ClassState{"UNSUPPORTED_FEATURE", "0A000"},
    ClassState{"WRONG_COMMAND_FOR_OBJECT_TYPE", "42809"},
    ClassState{"WRONG_NUM_ARGS", "42605"},
};
static_assert(std::ranges::is_sorted(kStates, {}, &ClassState::condition));

}  // namespace

std::string_view SqlStateOf(std::string_view condition) {
    // A sub-class shares its main class's state: "CLASS.SUBCLASS".
    std::string_view main = condition.substr(0, condition.find('.'));
    auto it = std::ranges::lower_bound(kStates, main, {}, &ClassState::condition);
    return it != kStates.end() && it->condition == main ? it->sqlstate : "XXKST";
}

Error MakeError(ErrorKind kind, std::string_view condition, std::string message) {
    Error error;
    error.kind = kind;
    error.condition = condition;
    error.message = std::move(message);
    error.sqlstate = SqlStateOf(condition);
    return error;
}

std::string Error::ToString() const {
    std::string text = "[" + condition + "] " + message + " SQLSTATE: " + sqlstate;
    if (position.line > 0) {
        text += " (line " + std::to_string(position.line) + ", column " + std::to_string(position.column) + ")";
    }
    if (!remedy.empty()) text += "\nRemedy: " + remedy;
    return text;
}

void AssertFailed(const char *condition, const char *file, int line) {
    std::fprintf(stderr, "tarn: internal error: %s does not hold (%s:%d). Please report this.\n", condition, file, line);
    std::abort();
}

}  // namespace tarn
