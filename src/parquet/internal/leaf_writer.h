// parquet/internal/leaf_writer.h: the values of one leaf, encoded as they come.
//
// Threads: one at a time.
#pragma once

#include <memory>

#include "parquet/internal/buffer.h"
#include "parquet/row_group.h"

namespace tarn::parquet {

// The levels of one batch's slots.
struct Levels {
    size_t count = 0;
    const uint8_t *definition = nullptr;  // nullptr: all values are there.
    const uint8_t *repetition = nullptr;  // nullptr: each slot is a row.

    Levels From(size_t first, size_t length) const {
        return {length, definition ? definition + first : nullptr, repetition ? repetition + first : nullptr};
    }
};

// What a page, and a batch of values, passes through, of all leaves one after the other.
struct Scratch {
    Buffer page, compressed, gathered, hashes;
};

class LeafWriter {
public:
    // All are borrowed.
    static std::unique_ptr<LeafWriter> Of(const Leaf &leaf, const Codec &codec, Scratch &scratch);
    LeafWriter(const Leaf &leaf, const Codec &codec, Scratch &scratch) : leaf_(leaf), codec_(codec), scratch_(scratch) {}
    virtual ~LeafWriter() = default;
    LeafWriter(const LeafWriter &) = delete;
    LeafWriter &operator=(const LeafWriter &) = delete;

    // The values that are there are those at `slots`, or at the first `present` ones where that is nullptr.
    virtual Result<void> Append(const void *values, const uint32_t *slots, size_t present, const Levels &levels) = 0;

    size_t bytes() const { return pages_.size() + PendingBytes() + (dictionary_pages_ > 0 || InDictionary() ? DictionaryBytes() : 0); }
    Chunk Finish();
    void Reset();

protected:
    static constexpr size_t kHeadroom = 64;  // Before plain values: levels that are few bytes get there without moving values.

    void AddLevels(const Levels &levels, size_t present);
    size_t slots() const { return slots_; }
    // The page that is being filled, if it is not empty, and its levels.
    void ClosePage();

    virtual size_t PendingBytes() const = 0;             // Of the page that is being filled.
    // Whether that page holds positions in the dictionary.
    virtual bool InDictionary() const = 0;
    virtual void TakePositions(Buffer &out) = 0;
    // Bytes of plain values that it holds otherwise, behind kHeadroom bytes that are free.
    virtual std::span<uint8_t> Plain() = 0;
    virtual void ClearPlain() = 0;
    // Before the first page, where the values are all there will be: leaves the dictionary if it does not save anything.
    virtual void LeaveDictionaryIfLarger() = 0;
    virtual uint32_t DictionaryEntries() const = 0;
    virtual size_t DictionaryBytes() const = 0;
    virtual std::span<const uint8_t> Dictionary() = 0;
    virtual Range RangeOfValues() const = 0;
    virtual void Restart() = 0;

    const Leaf &leaf_;
    const Codec &codec_;
    Scratch &scratch_;

private:
    void AppendLevels(Buffer &out, const Buffer &levels, uint8_t largest) const;
    void AppendDataPage(std::span<const uint8_t> page, bool positions);
    // Whether compressing gains three tenths: less is not worth what each reader pays for it.
    bool Pays(std::span<const uint8_t> page);
    // `page` as the chunk has it, which the first one decides; lives until the next call.
    std::span<const uint8_t> Compressed(std::span<const uint8_t> page, size_t dictionary);

    Buffer definitions_, repetitions_;  // A byte each; definitions only from the page's first NULL on.
    size_t slots_ = 0;                  // Of the page that is being filled.
    Buffer pages_, dictionary_;
    bool decided_ = false;              // Whether this chunk is compressed.
    bool compress_ = false;
    int64_t uncompressed_ = 0;
    int64_t values_ = 0;
    int64_t nulls_ = 0;
    int32_t plain_pages_ = 0, dictionary_pages_ = 0;
};

}  // namespace tarn::parquet
