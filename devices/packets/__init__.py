"""Wire formats of packets that go both ways, apart from any one device: bytes to packets and back.

One rule for the editor: a format and what it promises about order and repetition stand here; what a packet means
for a kit store's device stands in its driver.
"""
