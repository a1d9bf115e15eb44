// engine/internal/file_stats.h: statistics of data files that are there already, measured by reading them.
#pragma once

#include <string>
#include <vector>

#include "engine/internal/statement_context.h"

namespace tarn::engine {

// add.stats of each of `files`, in their order: all rows of the file count, masked ones too.
// Cost: reads the columns that statistics are kept of, once, on every core.
Result<std::vector<std::string>> MeasureStats(StatementContext &context, const std::string &table_root, const delta::Metadata &metadata,
                                              const std::vector<delta::AddFile> &files);

}  // namespace tarn::engine
