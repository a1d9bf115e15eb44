// delta/file_list.h: the files of one table version, kept as columns.
//
// A table may have millions of files, so none of them is an object of its own: a FileChunk holds up to 16384 of them as
// columns of text and numbers (partition values as codes of a dictionary, statistics as the text they were read as), and
// a FileRows is a list of shared chunks with, for each, the rows that still count. A newer version of a table shares the
// chunks of the older one: its cost is that of what changed.
//
// Most callers want whole actions: `for (const FilePtr &file : snapshot.files)` builds each AddFile as it goes. What
// looks at all files of a large table should use `rows()` and FileRow, which build nothing.
// Statistics are most of a checkpoint's bytes, and most statements never look at them: they may stay in the checkpoint's
// file until the first one does (LateStats).
// Threads: chunks and lists never change once they are made; a builder belongs to one thread.
// Memory: 60 bytes a file, its path and its statistics; see memory_bytes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "delta/action.h"

namespace tarn::delta {

using FilePtr = std::shared_ptr<const AddFile>;
using TombstonePtr = std::shared_ptr<const RemoveFile>;

struct TextPair {
    std::string_view key;
    std::optional<std::string_view> value;
};

// One add or remove that somebody else owns: what a reader hands to a FileChunkBuilder.
struct FileFields {
    std::string_view path;
    std::string_view stats;
    std::optional<uint32_t> late_stats;  // Instead of `stats`: the row in the builder's LateStats.
    std::optional<int64_t> size;
    std::optional<int64_t> time;  // modificationTime of an add, deletionTimestamp of a remove.
    bool data_change = true;
    std::optional<bool> extended_file_metadata;  // Of a remove.
    std::span<const TextPair> partition_values;
    std::span<const TextPair> tags;
    const DeletionVectorDescriptor *deletion_vector = nullptr;
    std::optional<int64_t> base_row_id;
    std::optional<int64_t> default_row_commit_version;
    std::optional<std::string_view> clustering_provider;
};

// Texts one after the other, in memory that grows without being copied.
class TextColumn {
public:
    TextColumn() = default;
    TextColumn(TextColumn &&other) noexcept { *this = std::move(other); }
    TextColumn &operator=(TextColumn &&other) noexcept;
    ~TextColumn() { std::free(bytes_); }

    void Append(std::string_view text);
    void Shrink();
    std::string_view at(size_t row) const { return {bytes_ + ends_[row], ends_[row + 1] - ends_[row]}; }
    size_t size() const { return ends_.size() - 1; }
    size_t text_bytes() const { return ends_.back(); }
    size_t memory_bytes() const { return capacity_ + ends_.capacity() * sizeof(uint32_t); }

private:
    char *bytes_ = nullptr;  // malloc: realloc moves large blocks by their pages.
    size_t capacity_ = 0;
    std::vector<uint32_t> ends_{0};
};

// The statistics of a checkpoint's adds, by the row that they stand in, read when they are first asked for.
// Threads: any; the first to ask reads, the others wait.
class LateStats {
public:
    static constexpr uint32_t kMaxRows = UINT32_MAX;
    struct Segment {  // Consecutive rows. A row without statistics has "".
        uint64_t first_row = 0;
        TextColumn texts;
    };
    using Read = std::function<Result<std::vector<Segment>>()>;
    explicit LateStats(Read read) : read_(std::move(read)) {}

    // Errors: those of Read, for one when the checkpoint's file is gone. The next call tries again.
    Result<void> Load() const;
    // Loads. "" where there are none, and everywhere when loading failed: whoever must not lose any calls Load first.
    std::string_view At(uint32_t row) const;
    size_t memory_bytes() const;  // Of what was loaded.
    bool failed() const { return state_ == State::kFailed; }

private:
    enum class State { kWaiting, kLoaded, kFailed };
    Read read_;
    mutable std::mutex mutex_;
    mutable std::atomic<State> state_ = State::kWaiting;
    mutable std::vector<Segment> segments_;  // By first row. Written once, before `state_` says so.
};

class FileChunk;
using FileChunkPtr = std::shared_ptr<const FileChunk>;

// One file in a chunk. Cheap to copy; valid as long as the chunk's list.
class FileRow {
public:
    FileRow(const FileChunk &chunk, uint32_t row) : chunk_(&chunk), row_(row) {}

    std::string_view path() const;
    std::string_view stats() const;
    std::optional<int64_t> size() const;
    std::optional<int64_t> time() const;
    bool data_change() const;
    std::optional<bool> extended_file_metadata() const;
    // nullopt: the action does not name the column. An inner nullopt is NULL. Names are physical and exact.
    std::optional<std::optional<std::string_view>> PartitionValue(std::string_view column) const;
    PartitionValues AllPartitionValues() const;
    const DeletionVectorDescriptor *deletion_vector() const;
    std::optional<int64_t> base_row_id() const;
    std::optional<int64_t> default_row_commit_version() const;
    std::optional<std::string_view> clustering_provider() const;
    const StringMap *tags() const;

    uint32_t key_hash() const;                      // Of FileKey.
    std::string Key(std::string_view table_root) const;  // FileKey.

    AddFile ToAdd() const;
    RemoveFile ToRemove() const;

private:
    friend class FileChunkBuilder;
    const FileChunk *chunk_;
    uint32_t row_;
};

class FileChunk {
public:
    static constexpr size_t kMaxRows = 16384;

    size_t size() const { return paths_.size(); }
    FileRow operator[](size_t row) const { return FileRow(*this, static_cast<uint32_t>(row)); }
    size_t memory_bytes() const;  // Without late_stats, which several chunks share.
    const LateStats *late_stats() const { return late_.get(); }  // nullptr: all statistics are here.
    std::span<const uint32_t> key_hashes() const { return key_hashes_; }

    // A partition column of the chunk: its distinct values, and a code a row: kAbsent, kNull or index + kFirst.
    struct Partition {
        static constexpr uint32_t kAbsent = 0, kNull = 1, kFirst = 2;
        std::string name;
        std::vector<std::string> values;
        std::vector<uint32_t> codes;
    };
    std::span<const Partition> partitions() const { return partitions_; }

private:
    friend class FileRow;
    friend class FileChunkBuilder;

    template <class T>
    struct Sparse {  // Most files have none.
        std::vector<uint32_t> rows;
        std::vector<T> values;
        void Add(size_t row, T value);
        const T *Find(uint32_t row) const;
    };

    static constexpr uint32_t kHere = UINT32_MAX;  // In late_rows_: the statistics are in stats_.

    TextColumn paths_, stats_;
    std::shared_ptr<const LateStats> late_;
    std::vector<uint32_t> late_rows_;  // Empty without late_.
    std::vector<int64_t> sizes_, times_;
    std::vector<uint8_t> flags_;
    std::vector<uint32_t> key_hashes_;
    std::vector<Partition> partitions_;
    std::vector<int64_t> base_row_ids_, row_commit_versions_;  // Empty when no file has one.
    Sparse<DeletionVectorDescriptor> vectors_;
    Sparse<StringMap> tags_;
    Sparse<std::string> clustering_providers_;
};

class FileChunkBuilder {
public:
    // `late` holds what FileFields::late_stats refers to.
    explicit FileChunkBuilder(std::string table_root, std::shared_ptr<const LateStats> late = nullptr)
        : table_root_(std::move(table_root)), late_(std::move(late)) {
        Reset();
    }

    void Append(const FileFields &file);
    void Append(const AddFile &file);
    void Append(const RemoveFile &file);
    void Append(const FileRow &file);
    size_t size() const { return chunk_->size(); }
    bool full() const;
    FileChunkPtr Finish();  // nullptr when nothing was appended. The builder starts anew.

private:
    void Reset();
    void AppendPartitions(std::span<const TextPair> values);
    uint32_t CodeOf(size_t column, std::string_view value);

    struct TextHash {
        using is_transparent = void;
        size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    };
    using Dictionary = std::unordered_map<std::string, uint32_t, TextHash, std::equal_to<>>;

    std::string table_root_;
    std::shared_ptr<const LateStats> late_;
    std::shared_ptr<FileChunk> chunk_;
    std::vector<Dictionary> dictionaries_;  // One for each of the chunk's partition columns.
};

// An ordered list of files in shared chunks.
class FileRows {
public:
    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    FileRow row(size_t index) const;  // REQUIRES: index < size().
    size_t memory_bytes() const;
    // Before anything that must see all statistics. Errors: those of LateStats::Load.
    Result<void> LoadStats() const;
    bool StatsFailed() const;  // Whether that has failed: the checkpoint may be gone, and a newer version has another one.

    // Every file in order; `visit(FileRow)`.
    template <class Visit>
    void ForEach(Visit visit) const {
        for (const Part &part : parts_) {
            for (size_t i = 0; i < part.size(); i++) visit(part[i]);
        }
    }
    // Appends a chunk; `kept` are the ascending rows of it that count, nullptr for all.
    void Append(FileChunkPtr chunk, std::shared_ptr<const std::vector<uint32_t>> kept = nullptr);
    // Merges small chunks at the end and chunks that are mostly dead, so that many small commits leave few chunks. Each
    // file is moved a logarithmic number of times.
    void Tidy(const std::string &table_root);

    struct Part {
        FileChunkPtr chunk;
        std::shared_ptr<const std::vector<uint32_t>> kept;
        size_t begin = 0;  // Index of its first file in the list.
        size_t size() const { return kept ? kept->size() : chunk->size(); }
        FileRow operator[](size_t i) const { return (*chunk)[kept ? (*kept)[i] : i]; }
    };
    std::span<const Part> parts() const { return parts_; }

private:
    std::vector<Part> parts_;
    size_t size_ = 0;
};

// The files of actions that come from elsewhere than a log.
FileRows RowsOf(const std::string &table_root, std::span<const FilePtr> files);

// An action that was just built. `const AddFile &file = *snapshot.files[0]` must not dangle, so a temporary gives a value.
template <class File>
class BuiltAction : public std::shared_ptr<const File> {
public:
    using std::shared_ptr<const File>::shared_ptr;
    BuiltAction(std::shared_ptr<const File> action) : std::shared_ptr<const File>(std::move(action)) {}
    const File &operator*() const & { return *this->get(); }
    File operator*() && { return *this->get(); }
};

// The same list as a range of shared actions, each built when it is looked at.
template <class File>
class ActionList {
public:
    using Pointer = BuiltAction<File>;
    using value_type = Pointer;

    class iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using iterator_concept = std::random_access_iterator_tag;
        using value_type = Pointer;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = Pointer;

        iterator() = default;
        iterator(const ActionList &list, size_t at) : list_(&list), at_(static_cast<difference_type>(at)) {}
        Pointer operator*() const { return (*list_)[static_cast<size_t>(at_)]; }
        Pointer operator[](difference_type n) const { return *(*this + n); }
        iterator &operator++() { return at_++, *this; }
        iterator &operator--() { return at_--, *this; }
        iterator operator++(int) { iterator old = *this; return ++*this, old; }
        iterator operator--(int) { iterator old = *this; return --*this, old; }
        iterator &operator+=(difference_type n) { return at_ += n, *this; }
        iterator &operator-=(difference_type n) { return at_ -= n, *this; }
        friend iterator operator+(iterator it, difference_type n) { return it += n; }
        friend iterator operator+(difference_type n, iterator it) { return it += n; }
        friend iterator operator-(iterator it, difference_type n) { return it -= n; }
        friend difference_type operator-(const iterator &a, const iterator &b) { return a.at_ - b.at_; }
        friend bool operator==(const iterator &a, const iterator &b) { return a.at_ == b.at_; }
        friend auto operator<=>(const iterator &a, const iterator &b) { return a.at_ <=> b.at_; }

    private:
        const ActionList *list_ = nullptr;
        difference_type at_ = 0;
    };
    using const_iterator = iterator;

    ActionList() = default;
    explicit ActionList(FileRows rows) : rows_(std::move(rows)) {}

    size_t size() const { return rows_.size(); }
    bool empty() const { return rows_.empty(); }
    Pointer operator[](size_t index) const;
    Pointer at(size_t index) const;  // Throws std::out_of_range, as containers do.
    Pointer front() const { return (*this)[0]; }
    Pointer back() const { return (*this)[size() - 1]; }
    iterator begin() const { return {*this, 0}; }
    iterator end() const { return {*this, size()}; }
    operator std::vector<std::shared_ptr<const File>>() const { return {begin(), end()}; }

    const FileRows &rows() const { return rows_; }

private:
    FileRows rows_;
};

using FileList = ActionList<AddFile>;
using TombstoneList = ActionList<RemoveFile>;

}  // namespace tarn::delta
