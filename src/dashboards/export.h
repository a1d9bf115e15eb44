// dashboards/export.h: rows to files that other programs open.
//
// Threads: pure functions. Memory: bounded, rows are streamed. Errors: IO_ERROR; those of the rows.
#pragma once

#include <filesystem>
#include <string>

#include "engine/result_set.h"

namespace tarn::dashboards {

// RFC 4180 with a header, UTF-8. A text that a spreadsheet would take for a formula (= + - @ first) gets a ' in front.
Result<void> WriteCsv(engine::ResultSet &rows, const std::filesystem::path &file);

// One sheet: numbers, dates and times as such, everything else as text; the first 1,048,575 rows.
Result<void> WriteXlsx(engine::ResultSet &rows, const std::filesystem::path &file, const std::string &sheet);

}  // namespace tarn::dashboards
