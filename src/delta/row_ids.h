// delta/row_ids.h: the domain in which a table with row tracking keeps the highest row id given.
//
// Specification: PROTOCOL.md, "Row Tracking".
#pragma once

#include <cstdint>
#include <string>

namespace tarn::delta {

inline constexpr char kRowTrackingDomain[] = "delta.rowTracking";

// Of the domain's configuration; -1 where it has none. Untrusted input.
int64_t RowIdHighWaterMark(const std::string &configuration);

}  // namespace tarn::delta
