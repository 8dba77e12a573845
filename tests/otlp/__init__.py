"""What an OTLP receiver owes its clients, tested against a real server.

===============================================================  =======================
Requirement                                                      Module (``test_...``)
===============================================================  =======================
No compression, gzip, deflate and zstd; gzip on gRPC             compression
Decompression stops at the limit                                 compression
Broken or unknown compression: 400 with a Status                 compression
The size limit, exactly, also after decompression                sizes
Both encodings on a port by content type; 415, 405, 404          content_types
Every refusal is a google.rpc.Status in the request's encoding   content_types, refusals
An empty request succeeds                                        content_types
Keep-alive, concurrent requests, CORS                            connections
Success is silent; what is rejected is counted, with reasons     partial_success
Answers stay short                                               partial_success
Metrics are answered honestly                                    partial_success
Undecodable requests, wrong keys, missing scopes                 refusals
503 and UNAVAILABLE with a time to wait, never a plain 500       retries
Storing is idempotent, in any order; owners are apart            redelivery
A stop takes nothing new and loses nothing                       shutdown
One bad span never costs its neighbours                          neighbours, unmappable
JSON by OTLP's rules and not by those of protobuf                json_rules
Wrong ids, odd times, double keys, reserved flags                oddities
Every field of a span and its log records is kept                fields
===============================================================  =======================
"""
