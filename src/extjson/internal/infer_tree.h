// extjson/internal/infer_tree.h: what was seen at every path of the documents.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "extjson/extjson.h"
#include "extjson/internal/cursor.h"
#include "extjson/internal/shape.h"

namespace tarn::extjson {

// Sets of kinds are or-ed together.
enum SeenKind : uint16_t {
    kSeenNull = 1,
    kSeenBoolean = 2,
    kSeenLong = 4,
    kSeenBigInteger = 8,  // An integer beyond 64 bits, of up to 38 digits.
    kSeenDouble = 16,
    kSeenDecimal = 32,  // $numberDecimal
    kSeenString = 64,
    kSeenDate = 128,    // The value of $date.
    kSeenBinary = 256,  // The value of $binary.
    kSeenArray = 512,
    kSeenObject = 1024,
};

// Fields whose meaning, not their value, says what they are (Mode::kMongo).
enum class Special : uint8_t { kNone, kDate, kBinary, kIgnored };
Special SpecialOf(std::string_view name);

// Is {name: …} alone, as an array's element, one scalar?
bool IsScalarWrapper(std::string_view name);

struct SeenAt {
    uint32_t file = std::numeric_limits<uint32_t>::max();  // Not seen.
    uint64_t offset = 0;
    uint16_t kind = 0;
    bool IsSet() const { return file != std::numeric_limits<uint32_t>::max(); }
    bool operator<(const SeenAt &other) const { return file != other.file ? file < other.file : offset < other.offset; }
};

struct InferNode : Shape<InferNode> {
    uint16_t kinds = 0;
    Special special = Special::kNone;
    int integer_digits = 0;     // Of kSeenBigInteger and kSeenDecimal.
    int fraction_digits = 0;    // Of kSeenDecimal.
    InferNode *oid = nullptr;   // Member `$oid`, once it held a string.
    InferNode *date = nullptr;  // Member `$date`, once it held a string.
    std::unique_ptr<InferNode> element;
    SeenAt object_at;  // The first object, and the first value that is neither object nor null.
    SeenAt other_at;

    InferNode &Element() {
        if (!element) element = std::make_unique<InferNode>();
        return *element;
    }
};

// Adds the documents of blocks to a tree. One thread.
class InferWalker : private Cursor {
public:
    InferWalker(const std::vector<InputFile> &files, const ReadOptions &options)
        : Cursor(options.max_depth), files_(files), options_(options), mongo_(options.mode == Mode::kMongo) {}

    Result<void> Add(const TextBlock &block);
    InferNode &root() { return root_; }

private:
    bool Documents();
    bool Value(InferNode &node);
    bool MongoObject(InferNode &node);
    bool Object(InferNode &node);
    bool Array(InferNode &node);
    bool Number(InferNode &node);
    bool SpecialValue(InferNode &node);
    InferNode *SearchMember(InferNode &object, InferNode *previous);
    void MarkDecimal(InferNode &node, std::string_view text);
    void MarkFirst(InferNode &node, uint16_t kind, size_t offset);
    void Mark(InferNode &node, uint16_t kind, size_t offset) {
        if ((node.kinds & kind) == 0) MarkFirst(node, kind, offset);
    }
    bool FailWith(Error error) {
        error_ = std::make_unique<Error>(std::move(error));
        return false;
    }
    const std::string &path() const { return files_[block_->file_index].path; }

    const std::vector<InputFile> &files_;
    const ReadOptions &options_;
    const bool mongo_;
    StructuralIndex index_;
    InferNode root_;
    uint64_t objects_ = 0;  // Entered so far: marks which members the current one has named.
    size_t fields_ = 0;
    std::string decoded_;
    std::unique_ptr<Error> error_;
};

// Adds what `from` saw to `into`.
void MergeTrees(InferNode &into, InferNode &from);

// The columns; errors as InferSchema's. `paths` may be nullptr.
Result<DataType> ResolveTree(const InferNode &root, const std::vector<InputFile> &files, Mode mode, SchemaPaths *paths);

}  // namespace tarn::extjson
