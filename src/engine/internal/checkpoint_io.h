// engine/internal/checkpoint_io.h: checkpoint Parquet through DuckDB.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "delta/checkpoint.h"
#include "engine/internal/duckdb_headers.h"

namespace tarn::engine {

class FileTaker;

// The files that a checkpoint is being made of: the function `tarn_checkpoint_files(n)` names a list by its number.
// Threads: any.
class FileGivers {
public:
    uint64_t Insert(const delta::FileRows *rows);
    const delta::FileRows *Find(uint64_t handle) const;  // nullptr: unknown.
    void Remove(uint64_t handle);

private:
    mutable std::mutex mutex_;
    uint64_t next_ = 1;
    std::map<uint64_t, const delta::FileRows *> rows_;
};

// The checkpoints that are being read: the function `tarn_take_files(n, …)` names one by its number.
// Threads: any.
class FileTakers {
public:
    uint64_t Insert(std::shared_ptr<FileTaker> taker);
    std::shared_ptr<FileTaker> Find(uint64_t handle) const;
    void Remove(uint64_t handle);
    FileGivers &givers() { return givers_; }

private:
    mutable std::mutex mutex_;
    uint64_t next_ = 1;
    std::map<uint64_t, std::shared_ptr<FileTaker>> takers_;
    FileGivers givers_;
};

void RegisterTakeFiles(duckdb::DatabaseInstance &db, FileTakers &takers);
void RegisterGiveFiles(duckdb::DatabaseInstance &db, FileGivers &givers);

// Reads and writes checkpoint Parquet with connections of its own. Reading: DuckDB decodes row groups on every core, and
// each core packs the rows that it decoded into chunks.
// Threads: any.
class DuckCheckpointIo final : public delta::CheckpointIo {
public:
    // Both are borrowed. RegisterTakeFiles has run with the same.
    DuckCheckpointIo(duckdb::DuckDB &db, FileTakers &takers) : db_(db), takers_(takers) {}
    Result<void> ReadParquet(const std::string &path, delta::CheckpointSink &sink) override;
    Result<std::string> WriteParquet(const delta::CheckpointRows &rows) override;

private:
    Result<void> TakeFiles(const std::string &file, const duckdb::LogicalType *add, const duckdb::LogicalType *remove,
                           delta::CheckpointSink &sink);

    duckdb::DuckDB &db_;
    FileTakers &takers_;
};

}  // namespace tarn::engine
