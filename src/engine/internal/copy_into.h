// engine/internal/copy_into.h: how a table remembers the files that COPY INTO has loaded.
//
// Each is a transaction identifier (`txn` action) in the table's own log, written by the commit that holds the file's rows. So
// rows and memory are visible together, checkpoints keep it when the log is cleaned up, other writers carry it along, and of two
// commits that load the same file one is refused. Names start with the table's id: a table that is replaced knows no file.
#pragma once

#include <string>

#include "delta/action.h"

namespace tarn::engine {

inline std::string CopyMarkPrefix(const delta::Metadata &metadata) { return "copyInto/" + metadata.id + "/"; }
// `path`: absolute, or s3://….
inline std::string CopyMark(const delta::Metadata &metadata, const std::string &path) { return CopyMarkPrefix(metadata) + path; }

}  // namespace tarn::engine
