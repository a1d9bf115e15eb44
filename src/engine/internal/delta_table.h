// engine/internal/delta_table.h: Delta snapshots as DuckDB scans, and query results as Delta files.
//
// Threads: any; TableCache serialises its map only, not the loading.
#pragma once

#include <mutex>
#include <unordered_map>

#include "delta/snapshot.h"
#include "delta/transaction.h"
#include "engine/internal/checkpoint_io.h"
#include "engine/internal/checkpoint_queue.h"
#include "engine/internal/coordinator.h"
#include "engine/internal/duckdb_headers.h"
#include "engine/internal/scan_sources.h"

namespace tarn::engine {

// What this engine reads and writes beyond what the log alone needs.
inline constexpr delta::Capabilities kCapabilities{.column_mapping = true, .type_widening = true, .variant = true, .catalog_managed = true,
                                                   .row_rules = true, .row_ids = true, .no_columns = true};

// The newest snapshot seen of each table: the next load reads only the commits since.
class TableCache {
public:
    // `catalog` is borrowed.
    TableCache(duckdb::DuckDB &db, FileTakers &takers, FileGivers &givers, catalog::Catalog &catalog)
        : io_(db, takers, givers), coordinator_(catalog),
          checkpoints_(io_, [this](const std::string &location) { return Load(location); }) {}

    // Errors: those of delta::LoadSnapshot and CheckReadable.
    Result<delta::SnapshotPtr> Load(const std::string &location, std::optional<int64_t> version = std::nullopt);
    // Before a table's folder is removed. Waits for its checkpoint, if one is being written.
    void Forget(const std::string &location);
    // Writes a checkpoint of that version or a newer one, in the background.
    void RequestCheckpoint(const std::string &location, int64_t version) { checkpoints_.Request(location, version); }
    // The checksum of the newest version, in the background.
    void RequestChecksum(const std::string &location) { checkpoints_.RequestChecksum(location); }
    void FinishCheckpoints() { checkpoints_.Finish(); }
    delta::CheckpointIo &io() { return io_; }
    // For a change of the table: who decides on its commits.
    delta::TransactionOptions OptionsFor(const delta::Snapshot &snapshot);

private:
    DuckCheckpointIo io_;
    MetastoreCoordinator coordinator_;
    std::mutex mutex_;
    std::unordered_map<std::string, delta::SnapshotPtr> newest_;
    CheckpointQueue checkpoints_;  // Last: its thread uses the others.
};

// The rows of `snapshot`, with its deletion vectors loaded.
Result<std::shared_ptr<TableScan>> ScanOf(const delta::Snapshot &snapshot);
// Of the same table, only `files`.
Result<std::shared_ptr<TableScan>> ScanOfFiles(const delta::Snapshot &snapshot, const std::vector<delta::FilePtr> &files);

struct WrittenFiles {
    std::vector<delta::AddFile> files;
    int64_t rows = 0;
    int64_t bytes = 0;
};

// Files that are more than a table's data.
struct FileLayout {
    std::string folder;        // Below the table's; "" for data files.
    std::string prefix = "part";
    std::vector<Field> extra;  // Columns behind the table's, called so in the files. They have no statistics.
    std::string codec;         // Where the table has no property for it; "": Snappy.
};

// Runs `select_sql`, whose columns are exactly `schema`'s in order, then the layout's, and writes its rows as Parquet files below
// `location`, with statistics. Nothing refers to them until they are committed.
// Errors: whatever the query fails with; files already written are removed.
Result<WrittenFiles> WriteFiles(duckdb::Connection &connection, const std::string &location,
                                const delta::Metadata &metadata, const std::string &select_sql, const FileLayout &layout = {});

// Removes data files that no commit will name. Best effort.
void DiscardFiles(const std::string &location, const std::vector<delta::AddFile> &files);

}  // namespace tarn::engine
