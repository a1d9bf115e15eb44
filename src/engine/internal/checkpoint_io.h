// engine/internal/checkpoint_io.h: checkpoint Parquet through DuckDB.
#pragma once

#include <memory>

#include "delta/checkpoint.h"
#include "engine/internal/duckdb_headers.h"
#include "engine/internal/handles.h"

namespace tarn::engine {

class FileTaker;

// The files that checkpoints are being made of: the function `tarn_checkpoint_files(n)` names a list by its number.
using FileGivers = Handles<const delta::FileRows *>;

// The checkpoints that are being read: the function `tarn_take_files(n, …)` names one by its number.
using FileTakers = Handles<std::shared_ptr<FileTaker>>;

void RegisterTakeFiles(duckdb::DatabaseInstance &db, FileTakers &takers);
void RegisterGiveFiles(duckdb::DatabaseInstance &db, FileGivers &givers);

// Reads and writes checkpoint Parquet with connections of its own. Reading: DuckDB decodes row groups on every core, and
// each core packs the rows that it decoded into chunks.
// Threads: any.
class DuckCheckpointIo final : public delta::CheckpointIo {
public:
    // All are borrowed. RegisterTakeFiles and RegisterGiveFiles have run with the same.
    DuckCheckpointIo(duckdb::DuckDB &db, FileTakers &takers, FileGivers &givers) : db_(db), takers_(takers), givers_(givers) {}
    Result<void> ReadParquet(const std::string &path, delta::CheckpointSink &sink) override;
    Result<std::string> WriteParquet(const delta::CheckpointRows &rows) override;

private:
    duckdb::DuckDB &db_;
    FileTakers &takers_;
    FileGivers &givers_;
};

}  // namespace tarn::engine
