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
#include <string>
#include <unordered_map>
#include <vector>

#include "base/data_type.h"
#include "delta/action.h"
#include "delta/deletion_vector.h"
#include "delta/schema.h"

namespace tarn::engine {

// One Parquet file of a Delta snapshot.
struct ScanFile {
    std::string path;  // Absolute.
    int64_t size = 0;  // Bytes, from the log.
    int64_t row_count = -1;  // Before deletions; -1 when the log has no statistics.
    std::map<std::string, std::optional<std::string>> partition_values;  // By physical name.
    std::shared_ptr<const delta::DeletionVector> deleted;  // nullptr: none.
    std::shared_ptr<const delta::AddFile> add;             // For its statistics. nullptr: nothing is known.
};

// The files of one table that a query reads, with the table's schema at the pinned version.
struct TableScan {
    DataType schema;  // kStruct
    delta::ColumnMapping mapping = delta::ColumnMapping::kNone;
    std::vector<std::string> partition_columns;  // Logical names.
    std::vector<ScanFile> files;
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

    private:
        ScanSources *sources_;
        std::vector<uint64_t> handles_;
    };

    std::shared_ptr<const TableScan> FindTable(uint64_t handle) const;
    std::shared_ptr<const JsonScan> FindJson(uint64_t handle) const;

private:
    struct Entry {
        std::shared_ptr<const TableScan> table;
        std::shared_ptr<const JsonScan> json;
    };
    uint64_t Insert(Entry entry);

    mutable std::mutex mutex_;
    uint64_t next_ = 1;
    std::unordered_map<uint64_t, Entry> entries_;
};

}  // namespace tarn::engine
