// ai/drivers.h: which segments of the rows moved a metric between two groups of them.
//
// A segment is a value of one column, or a pair of values of two. For each that holds enough rows, the metric in the control
// group is held against the metric in the test group. That is arithmetic, not causes.
// Threads: functions without state. Cost: rows x columns, then rows x pairs of columns for the values that are frequent enough.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tarn::ai {

// A column's values as numbers of labels. Its rows are those of DriverRows.
struct Dimension {
    std::string name;
    std::vector<uint32_t> codes;
    std::vector<std::string> labels;  // "web", "NULL", "high (>10044)"
};

// nullopt: NULL, a label of its own.
Dimension TextDimension(std::string name, const std::vector<std::optional<std::string_view>> &values);
// Up to kMostExactNumbers different numbers are labels as `texts` has them; more become "low (<=a)", "medium (>a and <=b)" and
// "high (>b)", cut so that each holds about a third of the rows.
inline constexpr size_t kMostExactNumbers = 20;
Dimension NumberDimension(std::string name, const std::vector<std::optional<double>> &values, const std::vector<std::optional<std::string_view>> &texts);

enum class Aggregation : uint8_t { kSum, kAvg, kCount, kMin, kMax };
// Errors: INVALID_PARAMETER_VALUE
Result<Aggregation> ParseAggregation(std::string_view name);

struct DriverRows {
    std::vector<double> metric;
    std::vector<uint8_t> test;  // 1: test group, 0: control group
};

struct Driver {
    std::vector<std::string> contributor;  // "column=label", one or two
    // nullopt where a group has no rows of the segment (a sum and a count are then 0), or a ratio divides by 0.
    std::optional<double> control, test;
    std::optional<double> difference;           // test - control
    std::optional<double> relative_difference;  // of control
    // Beyond what the rest of the rows would have led one to expect: test - control * (rest's test / rest's control).
    std::optional<double> unexpected_difference;
    std::optional<double> relative_unexpected_difference;
    double support = 0;                         // Share of all rows, 0..1
    double contribution = 0;                    // |difference|, for averages times support: what the list is ordered by
};

inline constexpr size_t kMostDimensions = 20;

// The biggest contribution first. A pair that holds just the rows of one of its halves is left out. With more than kMostDimensions
// dimensions, those whose labels tell most about the metric are taken.
// REQUIRES: all vectors are of one length.
// Errors: INVALID_PARAMETER_VALUE  min_support outside 0..1; no row of the test or of the control group
Result<std::vector<Driver>> TopDrivers(const DriverRows &rows, std::vector<Dimension> dimensions, Aggregation aggregation, double min_support);

}  // namespace tarn::ai
