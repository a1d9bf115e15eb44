#include "extjson/internal/read_walker.h"

#include <algorithm>

#include "extjson/internal/messages.h"
#include "extjson/internal/naming.h"
#include "extjson/internal/scalars.h"
#include "extjson/internal/syntax.h"

namespace tarn::extjson {

ReadWalker::ReadWalker(const std::vector<InputFile> &files, const DataType &schema, const ReadOptions &options,
                       std::vector<bool> wanted, std::vector<size_t> output)
    : Cursor(options.max_depth),
      files_(files),
      options_(options),
      mongo_(options.mode == Mode::kMongo),
      builder_(schema, wanted, std::move(output), options.batch_rows, options.rescue) {
    root_.columns = &builder_.root();
}

Result<void> ReadWalker::Begin(std::shared_ptr<TextBlock> block) {
    const std::string &path = files_[block->file_index].path;
    if (block->oversized) return Fail(DescribeOversized(*block, path, max_depth_, options_.max_document_bytes));
    switch (index_.Build(block->text(), block->size)) {
        case StructuralIndex::Outcome::kOk:
            break;
        case StructuralIndex::Outcome::kNoMemory:
            return Fail(OutOfMemory(path, block->size * 4));
        case StructuralIndex::Outcome::kBadText:
            return Fail(DescribeBadBlock(*block, path, max_depth_, 0));
    }
    Start(*block, index_);
    batches_of_block_ = 0;
    shared_block_ = std::move(block);
    return {};
}

Result<std::shared_ptr<Batch>> ReadWalker::Fill(std::shared_ptr<Batch> batch) {
    batch->block = shared_block_;
    batch->file_index = block_->file_index;
    batch->chunk_index = block_->chunk_index;
    batch->batch_in_chunk = batches_of_block_++;
    if (!builder_.Start(std::move(batch))) return NoMemory(), Fail(*error_);
    if (!Documents()) {
        if (error_) return Fail(*error_);
        return Fail(DescribeBadBlock(*block_, path(), max_depth_, Offset()));
    }
    return builder_.Finish();
}

bool ReadWalker::Documents() {
    while (builder_.row_count() < options_.batch_rows) {
        Step step = NextDocument();
        if (step == Step::kBad) return false;
        if (step == Step::kEnd) {
            shared_block_.reset();
            return true;
        }
        if (!Document()) return false;
    }
    return true;
}

bool ReadWalker::Document() {
    size_t begin = Offset();
    if (Here() != '{') {
        return FailWith(DescribeBadBlock(*block_, path(), max_depth_, begin, "a document must be an object."));
    }
    builder_.NextRow();
    builder_.batch().document_offsets.push_back(block_->file_offset + begin);
    if (!Object(root_)) return false;
    if (!rescued_.empty()) FinishRescued();
    if (Offset() - begin > options_.max_document_bytes &&
        size_t(BehindBracket() - text_) - begin > options_.max_document_bytes) {
        return FailWith(OverLimit(path(), block_->file_offset + begin,
                                  "a document that begins here is larger than max_document_bytes (" +
                                      std::to_string(options_.max_document_bytes) + ")."));
    }
    return true;
}

inline bool ReadWalker::PutText(Builder &builder, const char *data, size_t length) {
    if (block_->has_backslash && FindBackslash(data, data + length) != data + length) {
        return PutUnescaped(builder, data, length);
    }
    builder.Set(MakeSlot(data, length));
    return true;
}

bool ReadWalker::PutUnescaped(Builder &builder, const char *data, size_t length) {
    TextBlock &block = *builder_.batch().block;
    char *out = block.UnescapeRoom();
    if (!block.unescaped) return NoMemory();
    char *end = Unescape(data, data + length, out);
    if (!end) return false;
    builder.Set(MakeSlot(out, size_t(end - out)));
    block.unescaped_size += size_t(end - out);
    return true;
}

bool ReadWalker::Value(ReadNode &node) {
    const char *p = At();
    switch (node.action) {
        case Action::kMembers:
            if (*p == '{') return Members(node);
            break;
        case Action::kText:
            if (*p == '"') {
                std::string_view text = TakeString();
                return PutText(*node.builder, text.data(), text.size());
            }
            break;
        case Action::kLong: {
            const char *digits = p + (*p == '-');
            const char *end = digits;
            uint64_t value = 0;
            for (; IsDigit(*end); ++end) value = value * 10 + uint64_t(*end - '0');
            // Up to 18 digits do not overflow; what more of them made is not looked at.
            if (end > digits && end - digits <= 18 && (*digits != '0' || end - digits == 1) && EndsToken(*end)) {
                node.builder->Set(*p == '-' ? -int64_t(value) : int64_t(value));
                ++next_;
                return true;
            }
            break;
        }
        case Action::kTimestamp:
            if (*p == '"') {
                std::string_view text = StringAt(0);
                if (auto micros = ParseTimestamp(text)) {
                    node.builder->Set(*micros);
                    ++next_;
                    return true;
                }
            }
            break;
        case Action::kDouble: {
            std::string_view text;
            bool integer;
            if ((IsDigit(*p) || *p == '-') && TakeNumber(text, integer)) {
                node.builder->Set(ParseDouble(text).value_or(0));
                return true;
            }
            break;
        }
        case Action::kBoolean:
            if (*p == 't' || *p == 'f') {
                node.builder->Set(uint8_t(*p == 't'));
                return TakeWord(*p == 't' ? "true" : "false");
            }
            break;
        case Action::kList:
            if (*p == '[') return List(node);
            break;
        case Action::kStruct:
            if (*p == '{') return mongo_ && TryUndefined() ? true : Struct(node);
            break;
        case Action::kSkip:
            return SkipValue();
        case Action::kConvert:
            break;
    }
    return Convert(node);
}

bool ReadWalker::Members(ReadNode &node) {
    const char *p = At();
    // {"$oid":"…"} and {"$date":"…"} in compact form.
    if (p[2] == '$' && p[1] == '"' && Peek(2) == ':' && Peek(4) == '}') {
        if (node.oid && Load8(p) == Load8("{\"$oid\":") && p[8] == '"') {
            std::string_view text = StringAt(3);
            next_ += 5;
            return PutText(*node.oid->builder, text.data(), text.size());
        }
        if (node.date && Load8(p) == Load8("{\"$date\"") && p[8] == ':' && p[9] == '"') {
            if (auto micros = ParseTimestamp(StringAt(3))) {
                next_ += 5;
                node.date->builder->Set(*micros);
                return true;
            }
        }
    }
    if (mongo_ && Peek(1) == '"' && text_[next_[1] + 1] == '$') return Convert(node);
    return Object(node);
}

bool ReadWalker::Object(ReadNode &node) {
    ++next_;
    if (!Enter()) return false;
    uint64_t object = ++objects_;
    ReadNode *guess = node.first;
    ReadNode *previous = nullptr;
    if (Here() == '}') {
        ++next_;
        Leave();
        return true;
    }
    for (;;) {
        ReadNode *member = guess;
        if (!member || !member->key.Matches(At())) {
            member = SearchMember(node, previous);
            if (!member) return false;
        }
        if (member->twin->seen == object) {
            return FailWith(
                Malformed(path(), block_->file_offset + Offset(),
                          "an object has two fields named `" + member->name + "` (names equal but for case count)."));
        }
        member->twin->seen = object;
        next_ += 2;
        if (!Value(*member)) return false;
        char c = text_[*next_++];
        if (c == '}') break;
        if (c != ',') return --next_, false;
        previous = member;
        guess = member->after;
    }
    Leave();
    return true;
}

bool ReadWalker::List(ReadNode &node) {
    Builder &list = *node.builder;
    Scope &scope = *list.elements;
    ReadNode &element = ElementOf(node);
    const char *begin = At();
    uint64_t offset = scope.used;
    ++next_;
    if (!Enter()) return false;
    ++lists_;
    if (Here() == ']') {
        ++next_;
    } else {
        do {
            if (!builder_.NextElement(scope)) return NoMemory();
            if (!Value(element)) return false;
        } while (text_[*next_++] == ',');
        if (text_[next_[-1]] != ']') return false;
    }
    --lists_;
    Leave();
    list.Set(ListSlot{offset, scope.used - offset});
    if (list_misfit_ && lists_ == 0) {
        list_misfit_ = false;
        Rescue(node, begin, BehindBracket());
    }
    return true;
}

bool ReadWalker::Struct(ReadNode &node) {
    node.builder->SetValid();
    return Object(node);
}

// The member that is named here, known or new; becomes the next guess. Null when no name stands here.
ReadNode *ReadWalker::SearchMember(ReadNode &object, ReadNode *previous) {
    if (Here() != '"' || Peek(1) != ':') return nullptr;
    std::string_view name = StringAt(0);
    if (FindBackslash(name.data(), name.data() + name.size()) != name.data() + name.size()) {
        if (!Decode(name, decoded_)) return nullptr;
        name = decoded_;
    }
    ReadNode *member = object.Find(name);
    if (!member) member = NewMember(object, name);
    if (member) (previous ? previous->after : object.first) = member;
    return member;
}

ReadNode *ReadWalker::NewMember(ReadNode &object, std::string_view name) {
    if (++fields_ > kMaxFields) {
        FailWith(OverLimit(path(), block_->file_offset + Offset(),
                           "the documents have more than " + std::to_string(kMaxFields) + " different fields."));
        return nullptr;
    }
    ReadNode *member = object.Add(name);
    std::string column = member->name;
    if (mongo_) {
        member->special = SpecialOf(name);
        member->text_is_date = member->special == Special::kDate;
        member->path = JoinPath(object.path, name);
        column = FlatName(member->path);
    }
    member->columns = object.columns;
    if (member->special == Special::kIgnored) {
        member->action = Action::kSkip;
        return member;
    }
    if (object.columns) {
        auto it = object.columns->by_name.find(column);
        if (it != object.columns->by_name.end()) {
            Bind(*member, it->second);
            if (options_.guessed_paths && !IsWhereSeen(*member)) {
                FailUnknown(*member);
                return nullptr;
            }
            // Asked for by nobody, but an object flattens: its members may be asked for.
            if (!it->second) member->action = Action::kSkip;
        }
    }
    Share(*member);
    if (mongo_ && member->action == Action::kText && name == "$oid") object.oid = member;
    if (mongo_ && member->action == Action::kTimestamp && name == "$date") object.date = member;
    return member;
}

void ReadWalker::Bind(ReadNode &node, Builder *builder) {
    node.builder = builder;
    if (!builder) return;
    switch (builder->type.kind) {
        case TypeKind::kString:
            node.action = Action::kText;
            break;
        case TypeKind::kLong:
            node.action = Action::kLong;
            break;
        case TypeKind::kDouble:
            node.action = Action::kDouble;
            break;
        case TypeKind::kBoolean:
            node.action = Action::kBoolean;
            break;
        case TypeKind::kTimestamp:
            node.action = Action::kTimestamp;
            break;
        case TypeKind::kArray:
            node.action = Action::kList;
            break;
        case TypeKind::kStruct:
            node.action = Action::kStruct;
            node.columns = builder;
            node.path.clear();
            break;
        default:
            node.action = Action::kConvert;
            break;
    }
    // $binary's value is base64, not text.
    if (node.special == Special::kBinary) node.action = Action::kConvert;
}

// Two paths of one name take turns in a column, but not within a document.
void ReadWalker::Share(ReadNode &node) {
    if (!node.builder) return;
    auto &nodes = bound_[node.builder];
    nodes.push_back(&node);
    if (nodes.size() == 1) return;
    for (ReadNode *each : nodes) {
        each->shared = true;
        each->action = Action::kConvert;
        if (each->parent->oid == each) each->parent->oid = nullptr;
        if (each->parent->date == each) each->parent->date = nullptr;
    }
}

ReadNode &ReadWalker::ElementOf(ReadNode &node) {
    if (!node.element) {
        node.element = std::make_unique<ReadNode>();
        node.element->is_element = true;
        node.element->parent = &node;
        Builder &child = *node.builder->children[0];
        Bind(*node.element, node.builder->type.kind == TypeKind::kMap ? child.children[1].get() : &child);
    }
    return *node.element;
}

}  // namespace tarn::extjson
