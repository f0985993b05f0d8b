"""Names of people who do not exist.

One rule for the editor: given and family names are drawn apart, so nobody is anybody.
"""

_GIVEN = """
    Adam Aisha Alan Alex Alice Amir Amy Andrew Angela Anita Anna Anthony Asha Ben Beth Brian Callum Cara
    Carl Cerys Charlotte Chloe Chris Claire Colin Connor Craig Dan Daniel David Dean Dev Diane Dominic
    Eleanor Elliot Emma Ethan Eva Farah Fiona Frances Gareth Gemma George Georgia Grace Graham Hannah
    Harpreet Harry Hassan Helen Henry Holly Ian Imran Irene Isaac Isla Jack Jacob James Jamie Jane Jasmin
    Jason Jen Joanna Joe John Jordan Josh Joyce Julie Karen Kate Keith Kelly Kevin Kieran Kim Kiran Laura
    Lauren Leah Lee Leon Lewis Liam Linda Lisa Lorna Louise Lucy Luke Maria Mark Martin Mary Matt Maya Megan
    Michael Mina Mohammed Molly Morgan Nadia Naomi Natalie Neil Niamh Nick Nicola Nina Noah Oliver Olivia
    Omar Oscar Owen Pam Paul Peter Phil Phoebe Pippa Priya Rachel Rajan Rebecca Rhys Rob Robin Rosie Ross
    Ruth Ryan Sabrina Sally Sam Samir Sandra Sarah Scott Sean Shabana Sian Simon Sofia Sophie Stacey Stephen
    Stuart Sunita Susan Tara Tessa Theo Thomas Tim Toby Tom Tracey Uma Vera Victor Vikram Wayne Wendy Will
    Yasmin Yusuf Zara Zoe
"""
_FAMILY = """
    Abbott Ackroyd Adair Ahmed Akhtar Alder Ambrose Amin Archer Ashdown Askew Atwell Bains Banerjee
    Bannister Barlow Bassett Begum Bellamy Bevan Bhatt Birch Blackwood Blythe Bolton Booth Bowyer Bramley
    Brennan Brook Buckland Burrell Cadman Calder Carver Chadwick Challis Chana Chaudhry Clegg Coates Colbert
    Conway Coombes Corrigan Crane Cranfield Croft Cullen Dacre Dalby Danvers Darby Das Deakin Denham Desai
    Dhillon Dobson Doyle Draper Drummond Dunmore Eastwood Eccles Egerton Elder Ellery Emery Esposito Fairley
    Farrow Fenwick Finch Flint Forsyth Fowler Frost Gale Gallagher Garner Gatward Ghosh Gill Glover Goddard
    Gorman Grantham Greaves Gupta Hadley Hallam Halloran Hardwick Harker Hassett Hayward Heath Hendry Hewitt
    Hobday Hollis Hooper Huxley Iqbal Ingram Irvine Jagger Jarvis Jessop Joshi Judd Kapoor Kaur Keane Kemble
    Kendrick Khan Kinsella Kirkby Kitson Lacey Lakhani Lambourne Langley Latimer Ledger Leigh Linden Lockyer
    Lomax Lovell Lunn Mackie Maddox Malik Mallory Mannion Marlow Marsden Mehta Mercer Merritt Milburn Mistry
    Moffat Monk Mortimer Mulligan Munro Nair Nash Nayar Neville Newbold Nield Norcross Oakley Ogden Okafor
    Oldroyd Orchard Osei Oxley Padgett Palfrey Parmar Pascoe Patel Pemberton Penrose Pickering Pike Plummer
    Pollard Prentice Quayle Quinn Radcliffe Rafferty Rahman Ramsden Rana Redfern Renshaw Ridley Rook
    Rowntree Rushton Sadler Salter Sandhu Saunders Savage Seagrave Sethi Shah Sharples Shaw Sheldon Siddall
    Singh Skelton Slater Sood Speight Stanmore Stirling Sutcliffe Swann Talbot Tanner Teague Thackeray
    Thorne Tibbs Tranter Tremaine Tully Turnbull Underwood Unwin Upton Vance Varley Varma Vaughan Venables
    Wadsworth Wakefield Walden Warrington Weatherall Weir Whitlock Wickham Wilding Winstanley Woodward Wragg
    Wynne Yardley Yates Yeo Zaman
"""
GIVEN = tuple(_GIVEN.split())
FAMILY = tuple(_FAMILY.split())
