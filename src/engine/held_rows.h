// engine/held_rows.h: the rows of a query, held in memory for other queries to read.
//
// Made by Session::Hold, read after Session::Define. Ownership: shared; the Engine must outlive them. Threads: any; immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace tarn::engine {

// Equal sources give equal rows, as long as the session's parameters are the same and `stable` holds.
struct QuerySources {
    std::map<std::string, int64_t> tables;  // Location and pinned version of every Delta table read.
    bool is_query = false;                  // SELECT and its kin; nothing else is said of other statements.
    bool stable = false;                    // Not: for rand(), now() and read_files().
};

class HeldRows {
public:
    virtual ~HeldRows() = default;
    virtual size_t bytes() const = 0;
    virtual const QuerySources &sources() const = 0;  // Of the query, as of when it ran.
};
using HeldRowsRef = std::shared_ptr<const HeldRows>;

}  // namespace tarn::engine
