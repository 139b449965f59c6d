// The operations of the API: the one list of them. Each has a file and a namespace of its name.
#pragma once

#include "http/kinesis/operation.h"

namespace shardmill::http::kinesis {

namespace add_tags_to_stream {
extern const Operation kOperation;
}
namespace create_stream {
extern const Operation kOperation;
}
namespace decrease_stream_retention_period {
extern const Operation kOperation;
}
namespace delete_stream {
extern const Operation kOperation;
}
namespace describe_limits {
extern const Operation kOperation;
}
namespace describe_stream {
extern const Operation kOperation;
}
namespace describe_stream_summary {
extern const Operation kOperation;
}
namespace get_records {
extern const Operation kOperation;
}
namespace get_shard_iterator {
extern const Operation kOperation;
}
namespace increase_stream_retention_period {
extern const Operation kOperation;
}
namespace list_shards {
extern const Operation kOperation;
}
namespace list_streams {
extern const Operation kOperation;
}
namespace list_tags_for_resource {
extern const Operation kOperation;
}
namespace list_tags_for_stream {
extern const Operation kOperation;
}
namespace merge_shards {
extern const Operation kOperation;
}
namespace put_record {
extern const Operation kOperation;
}
namespace put_records {
extern const Operation kOperation;
}
namespace remove_tags_from_stream {
extern const Operation kOperation;
}
namespace split_shard {
extern const Operation kOperation;
}
namespace tag_resource {
extern const Operation kOperation;
}
namespace untag_resource {
extern const Operation kOperation;
}
namespace update_shard_count {
extern const Operation kOperation;
}
namespace update_stream_mode {
extern const Operation kOperation;
}

inline constexpr const Operation* kOperations[] = {
    &add_tags_to_stream::kOperation,
    &create_stream::kOperation,
    &decrease_stream_retention_period::kOperation,
    &delete_stream::kOperation,
    &describe_limits::kOperation,
    &describe_stream::kOperation,
    &describe_stream_summary::kOperation,
    &get_records::kOperation,
    &get_shard_iterator::kOperation,
    &increase_stream_retention_period::kOperation,
    &list_shards::kOperation,
    &list_streams::kOperation,
    &list_tags_for_resource::kOperation,
    &list_tags_for_stream::kOperation,
    &merge_shards::kOperation,
    &put_record::kOperation,
    &put_records::kOperation,
    &remove_tags_from_stream::kOperation,
    &split_shard::kOperation,
    &tag_resource::kOperation,
    &untag_resource::kOperation,
    &update_shard_count::kOperation,
    &update_stream_mode::kOperation,
};

}  // namespace shardmill::http::kinesis
