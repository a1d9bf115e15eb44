// delta/stats.h: per-file statistics, written with each add and read to skip files.
//
// Specification: PROTOCOL.md, "Per-file Statistics". A bound that is not known is left out: absence never skips a file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/data_type.h"
#include "base/error.h"
#include "delta/action.h"

namespace tarn::delta {

// What the Parquet writer measured for one leaf column.
struct ColumnStats {
    std::vector<std::string> path;        // Physical names from the root, structs only: {"user", "age"}.
    DataType type;                        // Of the leaf.
    // Text forms, as DuckDB prints them: numbers plain; dates "2024-02-29"; timestamps "2024-02-29 12:00:00[.ffffff]"
    // with optional offset "+00", always UTC; strings as they are (may have been cut by the writer: see exact).
    std::optional<std::string> min;
    std::optional<std::string> max;
    bool max_is_exact = true;             // false: `max` is a truncated prefix of a longer text.
    bool has_nan = false;                 // A float column with NaN: both bounds are dropped.
    std::optional<int64_t> null_count;
};

struct StatsOptions {
    int64_t max_columns = 32;             // Leaf columns in schema order (delta.dataSkippingNumIndexedCols); -1: all.
    // Physical paths: only these leaves and those within these structs, however many (delta.dataSkippingStatsColumns).
    std::optional<std::vector<std::vector<std::string>>> only;
    size_t max_text = 32;                 // Code points kept of a text bound; the maximum is raised to stay a bound
                                          // (delta.dataSkippingStringPrefixLength).
    bool tight_bounds = true;             // false once a deletion vector masks rows of the file.
};
StatsOptions StatsOptionsOf(const Metadata &metadata);

// The leaf columns that get statistics: physical paths in schema order.
std::vector<std::vector<std::string>> StatsColumns(const DataType &data_schema, const StatsOptions &options);
// Whether values of the type have bounds in statistics.
bool HasBounds(TypeKind kind);
// Whether new files have statistics of the column, a path of the schema's own names.
bool HasStats(const Metadata &metadata, const std::vector<std::string> &column);

// delta.dataSkippingStatsColumns: names as in SQL, separated by commas; a struct stands for all that is in it.
// Errors: [DELTA_COLUMN_NOT_FOUND_IN_SCHEMA], [DELTA_COLUMN_DATA_SKIPPING_NOT_SUPPORTED_PARTITIONED_COLUMN], […_TYPE],
//         [DELTA_DUPLICATE_DATA_SKIPPING_COLUMNS], [INVALID_PARAMETER_VALUE].
Result<void> CheckStatsColumns(const Metadata &metadata);
// The schema was `before`: columns that were renamed are named anew, those that went are named no more.
void FollowStatsColumns(const DataType &before, Metadata &metadata);

// The JSON for add.stats. `data_schema` (delta::DataSchema) fixes the order and what the first 32 leaf columns are.
// Booleans, binaries, arrays, maps and variants get no bounds. Timestamps are floored and raised to milliseconds.
std::string BuildStats(int64_t num_records, const std::vector<ColumnStats> &columns, const DataType &data_schema,
                       const StatsOptions &options = {});

// The same statistics for a file that now has masked rows: "tightBounds": false. Text that is no JSON stays as it is.
std::string WithWideBounds(std::string_view stats);

// A file's statistics, parsed on demand. Cheap to build; each question costs one pass over the JSON text.
class FileStats {
public:
    // `stats` is AddFile::stats; it may be empty or damaged, which answers nullopt to everything.
    explicit FileStats(std::string_view stats) : stats_(stats) {}

    std::optional<int64_t> NumRecords() const;
    bool TightBounds() const;  // True unless the JSON says false.

    struct Bounds {
        std::optional<std::string> min;  // Texts are unquoted, numbers as written, timestamps ISO 8601.
        std::optional<std::string> max;
        std::optional<int64_t> null_count;
    };
    // Of the column at `path` (physical names). A text maximum of 32 code points or more may be a raised prefix.
    Bounds Of(const std::vector<std::string> &path) const;
    // Of several top-level columns in one pass; results in their order.
    std::vector<Bounds> OfColumns(const std::vector<std::string> &columns) const;

private:
    std::string_view stats_;
};

}  // namespace tarn::delta
