#include "parquet/internal/leaf_writer.h"

#include <limits>

#include "parquet/internal/format.h"
#include "parquet/internal/levels.h"
#include "parquet/internal/thrift.h"
#include "parquet/internal/values.h"

namespace tarn::parquet {
namespace {

constexpr size_t kPageSlots = size_t{1} << 17;
// Of the texts that a page has positions of, however short these are: where the dictionary is left, they become one plain page.
constexpr size_t kExpandedBytes = size_t{4} << 20;
constexpr size_t kSampleBytes = size_t{1} << 16;
constexpr size_t kLargestRow = size_t{1} << 30;  // Sizes of pages are 32 bits, signed, and a row never spans two pages.
constexpr size_t kLevelBytes = 2;                // Of a slot's two levels, at most 6 bits each.

std::string HeaderOf(PageType type, size_t size, size_t compressed, size_t values, Encoding encoding) {
    TARN_ASSERT(std::max({size, compressed, values}) <= std::numeric_limits<int32_t>::max());
    Thrift header;
    header.I32(1, type);
    header.I32(2, static_cast<int32_t>(size));
    header.I32(3, static_cast<int32_t>(compressed));
    header.Begin(type == kDataPage ? 5 : 7);
    header.I32(1, static_cast<int32_t>(values));
    header.I32(2, encoding);
    if (type == kDataPage) {
        header.I32(3, kRle);
        header.I32(4, kRle);
    }
    header.End();
    header.Stop();
    return header.bytes();
}

}  // namespace

void LeafWriter::AddLevels(const Levels &levels, size_t present) {
    if (levels.definition && definitions_.size() < slots_) {
        std::memset(definitions_.Room(slots_ - definitions_.size()), leaf_.max_definition, slots_ - definitions_.size());
        definitions_.Added(slots_ - definitions_.size());
    }
    if (levels.definition) {
        definitions_.Append(levels.definition, levels.count);
    } else if (definitions_.size() > 0) {
        std::memset(definitions_.Room(levels.count), leaf_.max_definition, levels.count);
        definitions_.Added(levels.count);
    }
    if (leaf_.max_repetition > 0) repetitions_.Append(levels.repetition, levels.count);
    else nulls_ += static_cast<int64_t>(levels.count - present);
    slots_ += levels.count;
    values_ += static_cast<int64_t>(levels.count);
}

void LeafWriter::AppendLevels(Buffer &out, const Buffer &levels, uint8_t largest) const {
    if (largest == 0) return;
    size_t start = out.size();
    out.Put<uint32_t>(0);
    if (levels.size() == 0) AppendRun(out, largest, slots_, BitsFor(largest));
    else AppendHybrid(out, levels.data(), levels.size(), BitsFor(largest));
    auto length = static_cast<uint32_t>(out.size() - start - sizeof(uint32_t));
    std::memcpy(out.data() + start, &length, sizeof(length));
}

bool LeafWriter::Pays(std::span<const uint8_t> page) {
    // The beginning tells: compressing a page in vain costs as much as all the rest.
    page = page.first(std::min(page.size(), kSampleBytes));
    size_t size = codec_.compress(page.data(), page.size(), scratch_.compressed.Room(codec_.bound(page.size())));
    return size * 10 <= page.size() * 7;
}

std::span<const uint8_t> LeafWriter::Compressed(std::span<const uint8_t> page, size_t dictionary) {
    // What a long dictionary would gain is not seen in its positions.
    if (!decided_) compress_ = codec_.compress && (dictionary > page.size() || Pays(page));
    decided_ = true;
    if (!compress_) return page;
    size_t size = codec_.compress(page.data(), page.size(), scratch_.compressed.Room(codec_.bound(page.size())));
    return {scratch_.compressed.data(), size};
}

void LeafWriter::AppendDataPage(std::span<const uint8_t> page, bool positions) {
    auto body = Compressed(page, positions ? DictionaryBytes() : 0);
    std::string header = HeaderOf(kDataPage, page.size(), body.size(), slots_, positions ? kRleDictionary : kPlain);
    pages_.Append(header.data(), header.size());
    pages_.Append(body.data(), body.size());
    uncompressed_ += static_cast<int64_t>(header.size() + page.size());
    (positions ? dictionary_pages_ : plain_pages_)++;
}

void LeafWriter::ClosePage() {
    if (slots_ == 0) return;
    scratch_.page.Clear();
    AppendLevels(scratch_.page, repetitions_, leaf_.max_repetition);
    AppendLevels(scratch_.page, definitions_, leaf_.max_definition);
    bool positions = InDictionary();
    if (positions) TakePositions(scratch_.page);
    std::span<uint8_t> plain = Plain();
    if (!positions && scratch_.page.size() <= kHeadroom) {
        std::memcpy(plain.data() - scratch_.page.size(), scratch_.page.data(), scratch_.page.size());
        AppendDataPage({plain.data() - scratch_.page.size(), scratch_.page.size() + plain.size()}, false);
    } else {
        if (!positions) scratch_.page.Append(plain.data(), plain.size());
        AppendDataPage({scratch_.page.data(), scratch_.page.size()}, positions);
    }
    ClearPlain();
    definitions_.Clear();
    repetitions_.Clear();
    slots_ = 0;
}

Chunk LeafWriter::Finish() {
    if (plain_pages_ + dictionary_pages_ == 0) LeaveDictionaryIfLarger();
    ClosePage();
    dictionary_.Clear();
    if (dictionary_pages_ > 0) {
        std::span<const uint8_t> page = Dictionary();
        auto body = Compressed(page, 0);
        std::string header = HeaderOf(kDictionaryPage, page.size(), body.size(), DictionaryEntries(), kPlain);
        dictionary_.Append(header.data(), header.size());
        dictionary_.Append(body.data(), body.size());
        uncompressed_ += static_cast<int64_t>(header.size() + page.size());
    }
    Chunk chunk;
    chunk.dictionary = {dictionary_.data(), dictionary_.size()};
    chunk.pages = {pages_.data(), pages_.size()};
    chunk.uncompressed = uncompressed_;
    chunk.values = values_;
    chunk.codec = compress_ ? codec_.number : 0;
    chunk.plain_pages = plain_pages_;
    chunk.dictionary_pages = dictionary_pages_;
    chunk.range = RangeOfValues();
    chunk.range.nulls = nulls_;
    return chunk;
}

void LeafWriter::Reset() {
    Restart();
    for (Buffer *buffer : {&definitions_, &repetitions_, &pages_, &dictionary_}) buffer->Clear();
    slots_ = 0;
    decided_ = compress_ = false;
    uncompressed_ = values_ = nulls_ = 0;
    plain_pages_ = dictionary_pages_ = 0;
}

namespace {

// Values is BooleanValues, FixedValues or TextValues: internal/values.h.
template <class Values>
class ValueLeaf final : public LeafWriter {
public:
    using Slot = typename Values::Slot;

    ValueLeaf(const Leaf &leaf, const Codec &codec, Scratch &scratch) : LeafWriter(leaf, codec, scratch) { Restart(); }

    Result<void> Append(const void *values, const uint32_t *slots, size_t present, const Levels &levels) override {
        auto from = static_cast<const Slot *>(values);
        if (slots) {
            scratch_.gathered.Clear();
            auto gathered = reinterpret_cast<Slot *>(scratch_.gathered.Room(present * sizeof(Slot)));
            for (size_t i = 0; i < present; i++) gathered[i] = from[slots[i]];
            from = gathered;
        }
        if (size_t bytes = Values::PlainBytes(from, present); bytes <= kPageBytes && levels.count <= kPageSlots) {
            AppendPiece(from, present, bytes, levels);
            return {};
        }
        return AppendInPieces(from, levels);
    }

private:
    // Of whole rows each, as long as a page.
    Result<void> AppendInPieces(const Slot *from, const Levels &levels) {
        for (size_t level = 0; level < levels.count;) {
            size_t begin = level, present = 0, bytes = 0;
            do {
                size_t before = present;
                do {
                    if (!levels.definition || levels.definition[level] == leaf_.max_definition) present++;
                    level++;
                } while (level < levels.count && levels.repetition && levels.repetition[level] > 0);
                bytes += Values::PlainBytes(from + before, present - before);
            } while (level < levels.count && bytes < kPageBytes && level - begin < kPageSlots);
            if (size_t row = bytes + (level - begin) * kLevelBytes; row > kLargestRow) {
                return Fail(ErrorKind::kUnsupported, "PARQUET_VALUE_TOO_LARGE",
                            "A row's values of the column " + leaf_.path.front() + " take " + std::to_string(row) +
                                " bytes; a page of a Parquet file holds 1 GiB.");
            }
            AppendPiece(from, present, bytes, levels.From(begin, level - begin));
            from += present;
        }
        return {};
    }

    void AppendPiece(const Slot *from, size_t count, size_t bytes, const Levels &levels) {
        AddLevels(levels, count);
        values_.Append(from, count, bytes, scratch_.hashes);
        if (PendingBytes() >= kPageBytes || slots() >= kPageSlots || values_.Expanded() >= kExpandedBytes) ClosePage();
    }

    size_t PendingBytes() const override { return values_.Pending() - kHeadroom; }
    size_t DictionaryBytes() const override { return values_.DictionaryBytes(); }
    bool InDictionary() const override { return values_.InDictionary(); }
    void TakePositions(Buffer &out) override { values_.TakePositions(out); }
    std::span<uint8_t> Plain() override {
        Buffer &plain = values_.plain();
        return {plain.data() + kHeadroom, plain.size() - kHeadroom};
    }
    void ClearPlain() override { values_.ClearPlain(kHeadroom); }
    void LeaveDictionaryIfLarger() override { values_.LeaveDictionaryIfLarger(); }
    uint32_t DictionaryEntries() const override { return values_.DictionaryEntries(); }
    std::span<const uint8_t> Dictionary() override { return values_.Dictionary(); }
    Range RangeOfValues() const override { return values_.RangeOfValues(); }
    void Restart() override {
        ClearPlain();
        values_.Restart();
    }

    Values values_;
};

template <class Values>
std::unique_ptr<LeafWriter> Make(const Leaf &leaf, const Codec &codec, Scratch &scratch) {
    return std::make_unique<ValueLeaf<Values>>(leaf, codec, scratch);
}

}  // namespace

std::unique_ptr<LeafWriter> LeafWriter::Of(const Leaf &leaf, const Codec &codec, Scratch &scratch) {
    switch (leaf.column->kind) {
        case TypeKind::kBoolean: return Make<BooleanValues>(leaf, codec, scratch);
        case TypeKind::kByte: return Make<FixedValues<int8_t, int32_t>>(leaf, codec, scratch);
        case TypeKind::kShort: return Make<FixedValues<int16_t, int32_t>>(leaf, codec, scratch);
        case TypeKind::kInt:
        case TypeKind::kDate: return Make<FixedValues<int32_t, int32_t>>(leaf, codec, scratch);
        case TypeKind::kLong:
        case TypeKind::kTimestamp:
        case TypeKind::kTimestampNtz: return Make<FixedValues<int64_t, int64_t>>(leaf, codec, scratch);
        case TypeKind::kFloat: return Make<FixedValues<float, float>>(leaf, codec, scratch);
        case TypeKind::kDouble: return Make<FixedValues<double, double>>(leaf, codec, scratch);
        case TypeKind::kDecimal:
            if (leaf.column->precision <= 4) return Make<FixedValues<int16_t, int32_t>>(leaf, codec, scratch);
            if (leaf.column->precision <= 9) return Make<FixedValues<int32_t, int32_t>>(leaf, codec, scratch);
            if (leaf.column->precision <= 18) return Make<FixedValues<int64_t, int64_t>>(leaf, codec, scratch);
            return Make<FixedValues<WideSlot, BigEndian>>(leaf, codec, scratch);
        default: return Make<TextValues>(leaf, codec, scratch);
    }
}

}  // namespace tarn::parquet
