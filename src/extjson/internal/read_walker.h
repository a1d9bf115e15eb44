// extjson/internal/read_walker.h: documents into a batch's columns.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "extjson/extjson.h"
#include "extjson/internal/builder.h"
#include "extjson/internal/cursor.h"
#include "extjson/internal/infer_tree.h"
#include "extjson/internal/shape.h"

namespace tarn::extjson {

// What to do with a field's value. Each has one fast case; all else goes through Convert.
enum class Action : uint8_t {
    kConvert,  // No fast case.
    kMembers,  // An object whose members are columns themselves.
    kText,
    kLong,
    kDouble,
    kBoolean,
    kTimestamp,
    kList,
    kStruct,
    kSkip,  // A column that nobody wants.
};

// One path of the documents, bound to a column on first sight.
struct ReadNode : Shape<ReadNode> {
    Action action = Action::kConvert;
    Special special = Special::kNone;
    bool is_element = false;     // An element of an array or a value of a map.
    bool text_is_date = false;   // $date: numbers are milliseconds.
    bool shared = false;         // Other nodes have the same column. No fast case: each value asks whether one of them was here.
    Builder *builder = nullptr;  // Null: the schema has no such column.
    Builder *columns = nullptr;  // The struct (or the schema itself) that this node's members belong to,
    std::string path;            // and their names' beginning in it (Mode::kMongo).
    ReadNode *oid = nullptr;     // Members with a fast case: {"$oid": text} and {"$date": text}.
    ReadNode *date = nullptr;
    std::unique_ptr<ReadNode> element;
    std::vector<std::unique_ptr<ReadNode>> wrapped;  // Elements that are {name: value}, by name.
};

// A scalar as it stands in the text.
struct Token {
    enum class Kind : uint8_t { kString, kInteger, kFraction, kBoolean, kLong, kDouble, kDecimal };
    Kind kind;
    std::string_view text;  // A string's with its escapes.
    bool IsNumber() const { return kind != Kind::kString && kind != Kind::kBoolean; }
};

class ReadWalker : private Cursor {
public:
    ReadWalker(const std::vector<InputFile> &files, const DataType &schema, const ReadOptions &options,
               std::vector<bool> wanted, std::vector<size_t> output);

    // Takes the next block. REQUIRES: Fill has said that the last one is used up.
    Result<void> Begin(std::shared_ptr<TextBlock> block);
    bool HasBlock() const { return shared_block_ != nullptr; }
    // Documents of the block into `batch`, until it is full or the block used up (HasBlock turns false).
    Result<std::shared_ptr<Batch>> Fill(std::shared_ptr<Batch> batch);

private:
    bool Documents();
    bool Document();
    // read_walker.cpp: the fast cases.
    bool Value(ReadNode &node);
    bool Members(ReadNode &node);
    bool Object(ReadNode &node);
    bool List(ReadNode &node);
    bool Struct(ReadNode &node);
    bool PutText(Builder &builder, const char *data, size_t length);
    bool PutUnescaped(Builder &builder, const char *data, size_t length);
    ReadNode *SearchMember(ReadNode &object, ReadNode *previous);
    ReadNode *NewMember(ReadNode &object, std::string_view name);
    void Bind(ReadNode &node, Builder *builder);
    void Share(ReadNode &node);
    ReadNode &ElementOf(ReadNode &node);
    // read_convert.cpp: everything else.
    bool Convert(ReadNode &node);
    bool IsUnknown(const ReadNode &node) const { return options_.known_fields_only && !node.builder; }
    // Whether nothing but null stands where other documents have an object with columns.
    bool IsMissingObject(ReadNode &node);
    bool FailUnknown(const ReadNode &node);
    // Whether another node of the same document has filled the column of `node`.
    bool IsTaken(const ReadNode &node) const { return node.shared && node.builder->IsSet(); }
    bool FailTaken(const ReadNode &node, size_t offset);
    // ReadOptions::guessed_paths: whether `node`, a column's, stands where the column was seen.
    bool IsWhereSeen(const ReadNode &node) const;
    std::string ShownPath(const ReadNode &node) const;
    bool ConvertObject(ReadNode &node);
    bool ConvertMongoObject(ReadNode &node, bool &done);
    bool ConvertContainer(ReadNode &node);
    bool Map(ReadNode &node);
    bool WrappedElement(ReadNode &node, bool &done);
    bool BinaryObject(ReadNode &node);
    bool StoreOrRescue(ReadNode &node, const Token &token, const char *begin, const char *end);
    bool Store(ReadNode &node, const Token &token, bool &fits);
    bool StoreNumber(Builder &builder, const Token &token);
    bool StoreTime(ReadNode &node, const Token &token, std::string_view text);
    bool StoreBytes(Builder &builder, const Token &token);
    bool SkipAndRescue(ReadNode &node);
    bool TakeToken(Token &token);
    bool Decode(std::string_view raw, std::string &out);
    void Rescue(const ReadNode &node, const char *begin, const char *end);
    void FinishRescued();

    bool FailWith(Error error) {
        error_ = std::make_unique<Error>(std::move(error));
        return false;
    }
    bool NoMemory() {
        return FailWith(MakeError(ErrorKind::kIo, "OUT_OF_MEMORY", path() + ": no memory for a batch of rows."));
    }
    const std::string &path() const { return files_[block_->file_index].path; }

    struct Rescued {
        const ReadNode *node;
        std::string_view text;
    };

    const std::vector<InputFile> &files_;
    const ReadOptions &options_;
    const bool mongo_;
    StructuralIndex index_;
    BatchBuilder builder_;
    ReadNode root_;
    std::shared_ptr<TextBlock> shared_block_;
    uint32_t batches_of_block_ = 0;
    uint64_t objects_ = 0;
    size_t fields_ = 0;
    std::unordered_map<const Builder *, std::vector<ReadNode *>> bound_;  // The nodes of each column.
    int lists_ = 0;                 // Arrays and maps that we are in.
    bool list_misfit_ = false;      // Something in the outermost one did not fit.
    std::vector<Rescued> rescued_;  // Of this row.
    std::string decoded_;
    std::unique_ptr<Error> error_;
};

}  // namespace tarn::extjson
