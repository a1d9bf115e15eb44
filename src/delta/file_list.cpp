#include "delta/file_list.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <set>
#include <stdexcept>

#include "storage/path.h"

namespace tarn::delta {
namespace {

// FileChunk::flags_
constexpr uint8_t kDataChange = 1, kHasSize = 2, kHasTime = 4, kHasExtended = 8, kExtended = 16;
constexpr int64_t kNoId = INT64_MIN;
constexpr size_t kMaxChunkText = size_t{1} << 30;

template <class Map>
std::vector<TextPair> PairsOf(const Map &map) {
    std::vector<TextPair> pairs;
    pairs.reserve(map.size());
    for (const auto &[key, value] : map) pairs.push_back({key, value});
    return pairs;
}

std::optional<int64_t> At(const std::vector<int64_t> &ids, uint32_t row) {
    if (ids.empty() || ids[row] == kNoId) return std::nullopt;
    return ids[row];
}

void Put(std::vector<int64_t> &ids, size_t row, std::optional<int64_t> id) {
    if (!id && ids.empty()) return;
    ids.resize(row, kNoId);
    ids.push_back(id.value_or(kNoId));
}

size_t TextBytes(const std::string &text) { return sizeof text + (text.capacity() > 15 ? text.capacity() : 0); }

}  // namespace

TextColumn &TextColumn::operator=(TextColumn &&other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(capacity_, other.capacity_);
    std::swap(ends_, other.ends_);
    return *this;
}

void TextColumn::Append(std::string_view text) {
    size_t used = ends_.back();
    TARN_ASSERT(used + text.size() <= UINT32_MAX);
    if (used + text.size() > capacity_) {
        size_t wanted = std::max({used + text.size(), capacity_ + capacity_ / 2, size_t{64}});
        void *grown = std::realloc(bytes_, wanted);
        if (grown == nullptr) throw std::bad_alloc();
        bytes_ = static_cast<char *>(grown);
        capacity_ = wanted;
    }
    if (!text.empty()) std::memcpy(bytes_ + used, text.data(), text.size());
    ends_.push_back(static_cast<uint32_t>(used + text.size()));
}

void TextColumn::Shrink() {
    ends_.shrink_to_fit();
    size_t used = ends_.back();
    if (used == 0 || used == capacity_) return;
    if (void *smaller = std::realloc(bytes_, used)) {
        bytes_ = static_cast<char *>(smaller);
        capacity_ = used;
    }
}

// --- LateStats

Result<void> LateStats::Load() const {
    if (state_ == State::kLoaded) return {};
    std::lock_guard lock(mutex_);
    if (state_ == State::kLoaded) return {};
    auto read = read_();
    if (!read) {
        state_ = State::kFailed;
        return Fail(std::move(read).error());
    }
    segments_ = *std::move(read);
    std::ranges::sort(segments_, {}, &Segment::first_row);
    state_ = State::kLoaded;
    return {};
}

std::string_view LateStats::At(uint32_t row) const {
    if (state_ == State::kWaiting) (void)Load();
    if (state_ != State::kLoaded) return {};
    auto after = std::ranges::upper_bound(segments_, row, {}, &Segment::first_row);
    if (after == segments_.begin()) return {};
    const Segment &segment = *(after - 1);
    size_t at = row - segment.first_row;
    return at < segment.texts.size() ? segment.texts.at(at) : std::string_view();
}

size_t LateStats::memory_bytes() const {
    if (state_ != State::kLoaded) return sizeof *this;
    size_t bytes = sizeof *this;
    for (const Segment &segment : segments_) bytes += sizeof segment + segment.texts.memory_bytes();
    return bytes;
}

// --- FileChunk

template <class T>
void FileChunk::Sparse<T>::Add(size_t row, T value) {
    rows.push_back(static_cast<uint32_t>(row));
    values.push_back(std::move(value));
}

template <class T>
const T *FileChunk::Sparse<T>::Find(uint32_t row) const {
    auto it = std::ranges::lower_bound(rows, row);
    return it == rows.end() || *it != row ? nullptr : &values[static_cast<size_t>(it - rows.begin())];
}

size_t FileChunk::memory_bytes() const {
    size_t bytes = sizeof *this + paths_.memory_bytes() + stats_.memory_bytes() + flags_.capacity() +
                   (key_hashes_.capacity() + late_rows_.capacity()) * sizeof(uint32_t) +
                   (sizes_.capacity() + times_.capacity() + base_row_ids_.capacity() + row_commit_versions_.capacity()) *
                       sizeof(int64_t);
    for (const Partition &partition : partitions_) {
        bytes += partition.codes.capacity() * sizeof(uint32_t);
        for (const std::string &value : partition.values) bytes += TextBytes(value);
    }
    bytes += vectors_.values.capacity() * (sizeof(DeletionVectorDescriptor) + 32);
    bytes += tags_.values.capacity() * 256;
    return bytes + clustering_providers_.values.capacity() * sizeof(std::string);
}

// --- FileRow

std::string_view FileRow::path() const { return chunk_->paths_.at(row_); }
std::string_view FileRow::stats() const {
    bool here = chunk_->late_rows_.empty() || chunk_->late_rows_[row_] == FileChunk::kHere;
    return here ? chunk_->stats_.at(row_) : chunk_->late_->At(chunk_->late_rows_[row_]);
}
std::optional<int64_t> FileRow::size() const {
    return chunk_->flags_[row_] & kHasSize ? std::optional(chunk_->sizes_[row_]) : std::nullopt;
}
std::optional<int64_t> FileRow::time() const {
    return chunk_->flags_[row_] & kHasTime ? std::optional(chunk_->times_[row_]) : std::nullopt;
}
bool FileRow::data_change() const { return chunk_->flags_[row_] & kDataChange; }
std::optional<bool> FileRow::extended_file_metadata() const {
    uint8_t flags = chunk_->flags_[row_];
    return flags & kHasExtended ? std::optional((flags & kExtended) != 0) : std::nullopt;
}
const DeletionVectorDescriptor *FileRow::deletion_vector() const { return chunk_->vectors_.Find(row_); }
std::optional<int64_t> FileRow::base_row_id() const { return At(chunk_->base_row_ids_, row_); }
std::optional<int64_t> FileRow::default_row_commit_version() const { return At(chunk_->row_commit_versions_, row_); }
const StringMap *FileRow::tags() const { return chunk_->tags_.Find(row_); }
uint32_t FileRow::key_hash() const { return chunk_->key_hashes_[row_]; }

std::optional<std::string_view> FileRow::clustering_provider() const {
    const std::string *provider = chunk_->clustering_providers_.Find(row_);
    return provider ? std::optional<std::string_view>(*provider) : std::nullopt;
}

std::optional<std::optional<std::string_view>> FileRow::PartitionValue(std::string_view column) const {
    for (const FileChunk::Partition &partition : chunk_->partitions_) {
        if (partition.name != column) continue;
        uint32_t code = partition.codes[row_];
        if (code == FileChunk::Partition::kAbsent) return std::nullopt;
        if (code == FileChunk::Partition::kNull) return std::optional<std::string_view>();
        return std::optional<std::string_view>(partition.values[code - FileChunk::Partition::kFirst]);
    }
    return std::nullopt;
}

PartitionValues FileRow::AllPartitionValues() const {
    PartitionValues values;
    for (const FileChunk::Partition &partition : chunk_->partitions_) {
        uint32_t code = partition.codes[row_];
        if (code == FileChunk::Partition::kAbsent) continue;
        std::optional<std::string> value;
        if (code != FileChunk::Partition::kNull) value = partition.values[code - FileChunk::Partition::kFirst];
        values.emplace(partition.name, std::move(value));
    }
    return values;
}

std::string FileRow::Key(std::string_view table_root) const {
    const DeletionVectorDescriptor *vector = deletion_vector();
    return FileKey(table_root, path(), vector ? std::optional(*vector) : std::nullopt);
}

AddFile FileRow::ToAdd() const {
    AddFile file;
    file.path = path();
    file.partition_values = AllPartitionValues();
    file.size = size().value_or(0);
    file.modification_time = time().value_or(0);
    file.data_change = data_change();
    file.stats = stats();
    if (const StringMap *map = tags()) file.tags = *map;
    if (const DeletionVectorDescriptor *vector = deletion_vector()) file.deletion_vector = *vector;
    file.base_row_id = base_row_id();
    file.default_row_commit_version = default_row_commit_version();
    if (auto provider = clustering_provider()) file.clustering_provider = std::string(*provider);
    return file;
}

RemoveFile FileRow::ToRemove() const {
    RemoveFile file;
    file.path = path();
    file.deletion_timestamp = time();
    file.data_change = data_change();
    file.extended_file_metadata = extended_file_metadata();
    file.partition_values = AllPartitionValues();
    file.size = size();
    if (const StringMap *map = tags()) file.tags = *map;
    if (const DeletionVectorDescriptor *vector = deletion_vector()) file.deletion_vector = *vector;
    file.base_row_id = base_row_id();
    file.default_row_commit_version = default_row_commit_version();
    file.stats = stats();
    return file;
}

// --- FileChunkBuilder

void FileChunkBuilder::Reset() {
    chunk_ = std::make_shared<FileChunk>();
    dictionaries_.clear();
}

bool FileChunkBuilder::full() const {
    return chunk_->size() >= FileChunk::kMaxRows || chunk_->stats_.text_bytes() + chunk_->paths_.text_bytes() > kMaxChunkText;
}

void FileChunkBuilder::Append(const FileFields &file) {
    FileChunk &chunk = *chunk_;
    size_t row = chunk.size();
    AppendPartitions(file.partition_values);
    uint8_t flags = file.data_change ? kDataChange : 0;
    if (file.size) flags |= kHasSize;
    if (file.time) flags |= kHasTime;
    if (file.extended_file_metadata) flags |= kHasExtended | (*file.extended_file_metadata ? kExtended : 0);
    chunk.flags_.push_back(flags);
    chunk.sizes_.push_back(file.size.value_or(0));
    chunk.times_.push_back(file.time.value_or(0));
    Put(chunk.base_row_ids_, row, file.base_row_id);
    Put(chunk.row_commit_versions_, row, file.default_row_commit_version);
    if (file.deletion_vector) chunk.vectors_.Add(row, *file.deletion_vector);
    if (file.clustering_provider) chunk.clustering_providers_.Add(row, std::string(*file.clustering_provider));
    if (!file.tags.empty()) {
        StringMap tags;
        for (const TextPair &pair : file.tags) tags.emplace(pair.key, pair.value.value_or(""));
        chunk.tags_.Add(row, std::move(tags));
    }
    if (!file.deletion_vector && storage::IsPlainActionPath(file.path)) {
        chunk.key_hashes_.push_back(static_cast<uint32_t>(std::hash<std::string_view>()(file.path)));
    } else {
        std::optional<DeletionVectorDescriptor> vector;
        if (file.deletion_vector) vector = *file.deletion_vector;
        chunk.key_hashes_.push_back(static_cast<uint32_t>(std::hash<std::string_view>()(FileKey(table_root_, file.path, vector))));
    }
    if (file.late_stats && !chunk.late_) {
        chunk.late_ = late_;
        chunk.late_rows_.assign(row, FileChunk::kHere);
    }
    if (chunk.late_) chunk.late_rows_.push_back(file.late_stats.value_or(FileChunk::kHere));
    chunk.stats_.Append(file.stats);
    chunk.paths_.Append(file.path);  // Last: it is the chunk's size.
}

void FileChunkBuilder::AppendPartitions(std::span<const TextPair> values) {
    FileChunk &chunk = *chunk_;
    size_t row = chunk.size();
    for (size_t i = 0; i < values.size(); i++) {
        // The columns nearly always come in the same order.
        auto &partitions = chunk.partitions_;
        size_t column = i < partitions.size() && partitions[i].name == values[i].key ? i : 0;
        while (column < partitions.size() && partitions[column].name != values[i].key) column++;
        if (column == partitions.size()) {
            partitions.push_back({std::string(values[i].key), {}, std::vector<uint32_t>(row, FileChunk::Partition::kAbsent)});
            dictionaries_.emplace_back();
        }
        std::vector<uint32_t> &codes = partitions[column].codes;
        uint32_t code = values[i].value ? CodeOf(column, *values[i].value) : FileChunk::Partition::kNull;
        if (codes.size() == row) codes.push_back(code);  // Else the key came twice: the first counts.
    }
    for (FileChunk::Partition &partition : chunk.partitions_) {
        if (partition.codes.size() == row) partition.codes.push_back(FileChunk::Partition::kAbsent);
    }
}

uint32_t FileChunkBuilder::CodeOf(size_t column, std::string_view value) {
    FileChunk::Partition &partition = chunk_->partitions_[column];
    // Neighbours are often of one partition.
    uint32_t last = partition.codes.empty() ? 0 : partition.codes.back();
    if (last >= FileChunk::Partition::kFirst && partition.values[last - FileChunk::Partition::kFirst] == value) return last;
    Dictionary &dictionary = dictionaries_[column];
    if (auto it = dictionary.find(value); it != dictionary.end()) return it->second;
    uint32_t code = static_cast<uint32_t>(partition.values.size()) + FileChunk::Partition::kFirst;
    partition.values.emplace_back(value);
    dictionary.emplace(std::string(value), code);
    return code;
}

void FileChunkBuilder::Append(const AddFile &file) {
    std::vector<TextPair> partitions = PairsOf(file.partition_values), tags = PairsOf(file.tags);
    FileFields fields{.path = file.path, .stats = file.stats, .size = file.size, .time = file.modification_time};
    fields.data_change = file.data_change;
    fields.partition_values = partitions;
    fields.tags = tags;
    if (file.deletion_vector) fields.deletion_vector = &*file.deletion_vector;
    fields.base_row_id = file.base_row_id;
    fields.default_row_commit_version = file.default_row_commit_version;
    fields.clustering_provider = file.clustering_provider;
    Append(fields);
}

void FileChunkBuilder::Append(const RemoveFile &file) {
    std::vector<TextPair> partitions = PairsOf(file.partition_values), tags = PairsOf(file.tags);
    FileFields fields{.path = file.path, .stats = file.stats, .size = file.size, .time = file.deletion_timestamp};
    fields.data_change = file.data_change;
    fields.extended_file_metadata = file.extended_file_metadata;
    fields.partition_values = partitions;
    fields.tags = tags;
    if (file.deletion_vector) fields.deletion_vector = &*file.deletion_vector;
    fields.base_row_id = file.base_row_id;
    fields.default_row_commit_version = file.default_row_commit_version;
    Append(fields);
}

void FileChunkBuilder::Append(const FileRow &file) {
    std::vector<TextPair> partitions, tags;
    for (const FileChunk::Partition &partition : file.chunk_->partitions_) {
        uint32_t code = partition.codes[file.row_];
        if (code == FileChunk::Partition::kAbsent) continue;
        partitions.push_back({partition.name, std::nullopt});
        if (code != FileChunk::Partition::kNull) partitions.back().value = partition.values[code - FileChunk::Partition::kFirst];
    }
    if (const StringMap *map = file.tags()) tags = PairsOf(*map);
    FileFields fields{.path = file.path(), .size = file.size(), .time = file.time()};
    const FileChunk &from = *file.chunk_;
    bool late = from.late_ && from.late_rows_[file.row_] != FileChunk::kHere;
    if (late && !chunk_->late_) late_ = from.late_;
    if (late && late_ == from.late_) fields.late_stats = from.late_rows_[file.row_];
    else fields.stats = file.stats();
    fields.data_change = file.data_change();
    fields.extended_file_metadata = file.extended_file_metadata();
    fields.partition_values = partitions;
    fields.tags = tags;
    fields.deletion_vector = file.deletion_vector();
    fields.base_row_id = file.base_row_id();
    fields.default_row_commit_version = file.default_row_commit_version();
    fields.clustering_provider = file.clustering_provider();
    Append(fields);
}

FileChunkPtr FileChunkBuilder::Finish() {
    if (chunk_->size() == 0) return nullptr;
    FileChunk &chunk = *chunk_;
    size_t rows = chunk.size();
    chunk.paths_.Shrink();
    chunk.stats_.Shrink();
    chunk.sizes_.shrink_to_fit();
    chunk.times_.shrink_to_fit();
    chunk.flags_.shrink_to_fit();
    chunk.key_hashes_.shrink_to_fit();
    chunk.late_rows_.shrink_to_fit();
    for (std::vector<int64_t> *ids : {&chunk.base_row_ids_, &chunk.row_commit_versions_}) {
        if (!ids->empty()) ids->resize(rows, kNoId);
        ids->shrink_to_fit();
    }
    for (FileChunk::Partition &partition : chunk.partitions_) partition.codes.shrink_to_fit();
    FileChunkPtr done = std::move(chunk_);
    Reset();
    return done;
}

// --- FileRows

FileRow FileRows::row(size_t index) const {
    TARN_ASSERT(index < size_);
    auto after = std::ranges::upper_bound(parts_, index, {}, &Part::begin);
    const Part &part = *(after - 1);
    return part[index - part.begin];
}

size_t FileRows::memory_bytes() const {
    size_t bytes = parts_.capacity() * sizeof(Part);
    std::set<const LateStats *> late;
    for (const Part &part : parts_) {
        bytes += part.chunk->memory_bytes() + (part.kept ? part.kept->capacity() * sizeof(uint32_t) : 0);
        if (part.chunk->late_stats() && late.insert(part.chunk->late_stats()).second) bytes += part.chunk->late_stats()->memory_bytes();
    }
    return bytes;
}

Result<void> FileRows::LoadStats() const {
    for (const Part &part : parts_) {
        if (part.chunk->late_stats()) TARN_CHECK(part.chunk->late_stats()->Load());
    }
    return {};
}

void FileRows::Append(FileChunkPtr chunk, std::shared_ptr<const std::vector<uint32_t>> kept) {
    if (!chunk || (kept && kept->empty())) return;
    if (kept && kept->size() == chunk->size()) kept.reset();
    parts_.push_back({std::move(chunk), std::move(kept), size_});
    size_ += parts_.back().size();
}

void FileRows::Tidy(const std::string &table_root) {
    std::vector<Part> old = std::move(parts_);
    parts_.clear();
    size_ = 0;
    auto rebuild = [&](std::span<const Part> parts) {
        FileChunkBuilder builder(table_root);
        for (const Part &part : parts) {
            for (size_t i = 0; i < part.size(); i++) builder.Append(part[i]);
        }
        return Part{builder.Finish(), nullptr, 0};
    };
    // A stack on which each part is more than twice the size of the next, as far as chunks may grow.
    std::vector<Part> stack;
    for (Part &part : old) {
        bool mostly_dead = part.chunk->size() > 2 * part.size();
        stack.push_back(mostly_dead ? rebuild({&part, 1}) : std::move(part));
        while (stack.size() >= 2) {
            const Part &last = stack.back(), &before = stack[stack.size() - 2];
            if (before.size() > 2 * last.size() || before.size() + last.size() > FileChunk::kMaxRows) break;
            Part merged = rebuild(std::span(stack).last(2));
            stack.resize(stack.size() - 2);
            stack.push_back(std::move(merged));
        }
    }
    for (Part &part : stack) Append(std::move(part.chunk), std::move(part.kept));
}

bool FileRows::StatsFailed() const {
    return std::ranges::any_of(parts_, [](const Part &part) { return part.chunk->late_stats() && part.chunk->late_stats()->failed(); });
}

FileRows RowsOf(const std::string &table_root, std::span<const FilePtr> files) {
    FileRows rows;
    FileChunkBuilder builder(table_root);
    for (const FilePtr &file : files) {
        if (builder.full()) rows.Append(builder.Finish());
        builder.Append(*file);
    }
    rows.Append(builder.Finish());
    return rows;
}

// --- ActionList

template <>
BuiltAction<AddFile> ActionList<AddFile>::operator[](size_t index) const { return std::make_shared<const AddFile>(rows_.row(index).ToAdd()); }
template <>
BuiltAction<RemoveFile> ActionList<RemoveFile>::operator[](size_t index) const {
    return std::make_shared<const RemoveFile>(rows_.row(index).ToRemove());
}

template <class File>
typename ActionList<File>::Pointer ActionList<File>::at(size_t index) const {
    if (index >= size()) throw std::out_of_range("ActionList::at");
    return (*this)[index];
}

template class ActionList<AddFile>;
template class ActionList<RemoveFile>;

}  // namespace tarn::delta
