// cli/output.h: rows as text for people and for programs.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result_set.h"
#include "engine/session.h"

namespace tarn::cli {

enum class Format : uint8_t { kTable, kTsv, kCsv, kJsonl };
Format ParseFormat(std::string_view name);  // An unknown name is kTable.

// Prints all rows of `result` as they come; a table is measured first, so its rows are held in memory up to
// kTableRows, after which column widths are fixed.
// tsv: values as the spark-sql shell prints them, no header. csv: RFC 4180 with a header. jsonl: one object a row.
Result<void> PrintRows(engine::ResultSet &result, Format format, std::FILE *out);

// What the last statement has to say beside its rows, on standard error.
void PrintNotes(engine::Session &session);

// Columns that a terminal needs for UTF-8 text: combining marks 0, wide characters 2.
size_t DisplayWidth(std::string_view text);
// `text` with blanks to `width` columns.
std::string Pad(std::string_view text, size_t width, bool right = false);

// Whether colours and redrawn lines make sense on this stream.
bool IsTerminal(std::FILE *stream);

// "1,234,567"
std::string Thousands(int64_t number);

}  // namespace tarn::cli
