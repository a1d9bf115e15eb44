// parquet/footer.h: a file around its row groups.
//
// A file is kMagic, row groups, and the footer's bytes. Specification: parquet-format's README ("File format") and parquet.thrift.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parquet/row_group.h"

namespace tarn::parquet {

inline constexpr std::string_view kMagic = "PAR1";

// Threads: one at a time.
class Footer {
public:
    explicit Footer(SchemaPtr schema);

    // A row group that begins at `offset`: its chunks follow each other, each its dictionary and its pages.
    void Add(const std::vector<Chunk> &chunks, int64_t rows, uint64_t offset);

    int64_t rows() const { return rows_; }
    // Of each leaf, over all row groups.
    const std::vector<Range> &ranges() const { return ranges_; }
    // The metadata, its length and kMagic.
    std::string Bytes() const;

private:
    SchemaPtr schema_;
    std::vector<std::string> groups_;  // RowGroup structs, as Thrift has them.
    std::vector<Range> ranges_;
    int64_t rows_ = 0;
};

}  // namespace tarn::parquet
