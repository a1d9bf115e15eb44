// engine/internal/scan_sources.h: what generated DuckDB text refers to by number.
//
// A statement pins the snapshots and files it reads before DuckDB sees any text: `tarn_scan(7)` and
// `tarn_read_json(8)` name entries here. So a query reads one version of each table however long it runs,
// and no path or option is ever spliced into SQL.
// Ownership: the registry holds a source until its Lease ends; DuckDB's bind data keeps its own share.
// Threads: any.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/data_type.h"
#include "delta/action.h"
#include "delta/deletion_vector.h"
#include "delta/file_list.h"
#include "delta/schema.h"

namespace duckdb {
class DatabaseInstance;
}

namespace tarn::engine {

// One Parquet file of a scan, spelled out.
struct ScanFile {
    std::string path;  // Absolute.
    int64_t size = 0;  // Bytes, from the log.
    int64_t row_count = -1;  // Before deletions; -1 when the log has no statistics.
    std::shared_ptr<const delta::DeletionVector> deleted;  // nullptr: none.
};

// The files of a scan as the log's columns, and the masks of those that have one. A table may have a million files, most of
// which no query touches: nothing is built for a file until somebody asks for it.
class ScanFiles {
public:
    ScanFiles() = default;
    // Errors: [DELTA_CORRUPT_LOG] for a path that leaves the table's folder, and those of FileRows::LoadStats.
    static Result<ScanFiles> Of(std::string table_root, delta::FileRows rows);

    size_t size() const { return rows_.size(); }
    bool empty() const { return rows_.empty(); }
    const delta::FileRows &rows() const { return rows_; }
    // REQUIRES: index < size(), for all of these.
    delta::FileRow row(size_t index) const { return rows_.row(index); }
    ScanFile at(size_t index) const;
    std::string Path(size_t index) const;
    int64_t RowCount(size_t index) const;
    const delta::DeletionVector *Deleted(size_t index) const { return SharedDeleted(index).get(); }
    std::shared_ptr<const delta::DeletionVector> SharedDeleted(size_t index) const;
    void Mask(size_t index, std::shared_ptr<const delta::DeletionVector> deleted) { deleted_[index] = std::move(deleted); }

private:
    std::string table_root_;
    delta::FileRows rows_;
    std::unordered_map<size_t, std::shared_ptr<const delta::DeletionVector>> deleted_;
};

// The columns by which one statement filtered a table whose clustering Tarn chooses. Threads: any.
class FilterUses {
public:
    explicit FilterUses(std::string location) : location_(std::move(location)) {}
    const std::string &location() const { return location_; }
    void Note(const std::string &column) {
        std::lock_guard lock(mutex_);
        columns_.insert(column);
    }
    std::vector<std::string> columns() const {
        std::lock_guard lock(mutex_);
        return {columns_.begin(), columns_.end()};
    }

private:
    const std::string location_;
    mutable std::mutex mutex_;
    std::set<std::string> columns_;
};

// The files of one table that a query reads, with the table's schema at the pinned version.
struct TableScan {
    DataType schema;  // kStruct
    delta::ColumnMapping mapping = delta::ColumnMapping::kNone;
    std::vector<std::string> partition_columns;  // Logical names.
    // Columns of files that hold the ids and versions of rows which came from other files; empty: rows have no ids.
    std::string row_id_column, row_version_column;
    ScanFiles files;
    std::shared_ptr<FilterUses> uses;  // nullptr: nobody asks.
};

// JSON files to read: see json_scan.h.
struct JsonScan;

class ScanSources {
public:
    // Ends a statement's hold on what it registered.
    class Lease {
    public:
        explicit Lease(ScanSources &sources) : sources_(&sources) {}
        ~Lease();
        Lease(const Lease &) = delete;
        Lease &operator=(const Lease &) = delete;

        uint64_t Add(std::shared_ptr<const TableScan> scan);
        uint64_t Add(std::shared_ptr<const JsonScan> scan);
        duckdb::DatabaseInstance &database() { return *sources_->database_; }

    private:
        ScanSources *sources_;
        std::vector<uint64_t> handles_;
    };

    // The database whose functions look things up here. REQUIRES: before the first Lease::database().
    void SetDatabase(duckdb::DatabaseInstance &database) { database_ = &database; }

    std::shared_ptr<const TableScan> FindTable(uint64_t handle) const;
    std::shared_ptr<const JsonScan> FindJson(uint64_t handle) const;

private:
    struct Entry {
        std::shared_ptr<const TableScan> table;
        std::shared_ptr<const JsonScan> json;
    };
    uint64_t Insert(Entry entry);

    mutable std::mutex mutex_;
    duckdb::DatabaseInstance *database_ = nullptr;
    uint64_t next_ = 1;
    std::unordered_map<uint64_t, Entry> entries_;
};

}  // namespace tarn::engine
