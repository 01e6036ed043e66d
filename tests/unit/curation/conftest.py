"""Small files in the upstream formats, written here so that no dataset needs to be at hand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sseml.curation.interpret import interpret
from sseml.curation.rows import Draft, RawMeasurement

OBELIX_HEADER = (
    "ID,Reduced Composition,Z,True Composition,Ionic conductivity (S cm-1),IC (Total),IC (Bulk),"
    "Space group,Space group #,a,b,c,alpha,beta,gamma,Family,DOI,ICSD ID,Laskowski ID,Liion ID"
)
OBELIX_TRAIN = [
    "aaa,Li7BiO6,1,Li7.0Bi1.0O6.0,1.58489e-06,,,P -1,2,5.5071,6.0425,5.5231,116.912,120.867,62.234,"
    "x,10.1002/ZAAC.200500231,155950.0,3.0,",
    "aab,Li4P2O7,2,Li8.0P4.0O14.0,<1E-10,,,P -1,2,8.5632,7.1099,5.1858,111.426,89.991,103.055,"
    "x,10.1016/j.jssc.2013.12.015,,8.0,",
    "aac,Li1.15Y0.15Zr1.85(PO4)3,6,Li6.9Y0.9Zr11.1P18.0O72.0,0.00014,7.1e-05,0.00014,R-3c,167,"
    "8.84,8.84,22.2,90,90,120,x,10.1/none|10.1016/J.JPOWSOUR.2013.03.175,,,",
    "aad,La0.6Sr0.06Li0.06TiO3,1,La0.6Sr0.06Li0.06Ti1.0O3.0,1e-05,,,Pm-3m,221,5.477,5.477,5.477,"
    "90,90,90,x,10.1016/0167-2738(96)00018-5,,,",
    "aae,Li3ErI6,4,Li12.0Er4.0I24.0,0.00065,,,C2/c,15,7.413,12.833,14.2,90,100.01,90,x,"
    "10.1021/acsaem.1,,,",
    "aaf,Li7P3S11,2,Li14.0P6.0S22.0,0.0032,,,P -1,2,12.5009,6.0316,12.5303,102.845,113.2024,74.467,"
    "x,10.1039/c3ee41655k|10.1016/j.ssi.2007.05.020,,5.0,28.0",
    "aag,Li3BO3,4,Li12.0B4.0O12.0,2e-09,,,P21/c,14,3.27,9.18,8.33,90,101,90,x,10.1/x,,,",
]
OBELIX_TEST = [
    "aba,Li3.4Ge0.4V0.6O4,4,Li13.6Ge1.6V2.4O16.0,8.89e-07,,,Pnma,62,10.87,6.278,5.118,90,90,90,x,"
    "10.1021/acs.chemmater.8b01504,,,455.0",
    "abb,Li3Cr(MoO4)3,4,Li12Cr4Mo12O48,3.19e-09,,,Pnma,62,5.1,10.5,17.6,90,90,90,x,"
    "10.1039/b301189e,,,2.0",
]
LIVERPOOL = '''ID,composition,source,temperature,target,log_target,family,ChemicalFamily
1,Li3.4Ge0.4V0.6O4 ,10.1021/acs.chemmater.8b01504,25,8.89E-07,-6.05,LISICON,Oxides
2,LiPO3,10.1007/s00339-007-4020-y,255,9.80E-09,-8.01,Glass,#N/A
3,LiPO3,10.1007/s00339-007-4020-y,300,1.16E-07,-6.94,Glass,#N/A
4,LiPO3,10.1007/s00339-007-4020-y,322,4.50E-07,-6.35,Glass,#N/A
5,Li6BaLa2Ta2O12 ,10.1007/s00339-008-4494-2,200,1.35E-02,-1.87,Garnet,#N/A
6,Li6BaLa2Ta2O12 ,10.1007/s00339-008-4494-2,150,4.73E-03,-2.33,Garnet,#N/A
7,Li6BaLa2Ta2O12 ,10.1007/s00339-008-4494-2,100,1.13E-03,-2.95,Garnet,#N/A
7,Li6BaLa2Ta2O12 ,10.1007/s00339-008-4494-2,50,1.38E-04,-3.86,Garnet,#N/A
8,Sm0.52Li0.38TiO2.97,10.1016/0167-2738(94)90310-7,25,0.0015,-2.82,Perovskite,Oxides
9,Sm0.52Li0.38TiO2.97,10.1016/0167-2738(94)90310-7,126,1.1E-07,-6.96,Perovskite,#N/A
10,LiF,"Journal De Physique 26 339-341. 1965",392,7.75E-09,-8.11,Rocksalt,Oxides
11,"""(Li2O)50 (Al2O5)5 (P2O5)45""",10.1016/j.jeurceramsoc.2008.12.016,55,1.26E-07,-6.9,Glass,x
2000,Li3Cr(MoO4)3,10.1039/B301189e,25,3.19E-09,-8.5,LISICON,Oxides
2001,Li2Mg2(MoO4)3,10.1039/B301189e,25,5.35E-12,-11.3,Lysonite,Oxides
'''
LASKOWSKI = """Structure,σ(RT)(S cm-1),Ea (eV),space group,ICSD Entry
Li7BiO6,8.80E-07,0.58,2,155950
Li7P3S11,3.20E-03,0.124,2,157654
Li0.6[Li0.2Sn0.8S2],1.2E−4,0.17,12,
LiAlSiO4,<1E10,,,
Li2S*P2S5,3.20E-03,,,
0.65Li2-0.35SiS2,7.41E-04,0.33,,
Li3PS4 – 10 wt% Al2O3,1.50E-04,0.36,,
Li1.2Al0.2Zr1.6(PO4)3,1.90E-06,0.48,,
0.7Li2S-0.3P2S5,3.77E-05,0.45,,
PEO-LiTFSI,1E-5,,,
"""
SEEDS = """\
seed_id,formula,material_name,electrolyte_class,family,property,value,value_high,unit,relation,\
temperature_C,conductivity_kind,mobile_ion,method,polymer,salt,filler,doi,reference,\
usable_for_training,reason,licence
S1,Li3YCl6,Li3YCl6,halide,h,ionic_conductivity,0.00051,,S/cm,~,25,,Li+,experiment,,,,10.1002/a,R1,\
yes,,facts
S2,Li3YCl6,Li3YCl6,halide,h,activation_energy,0.4,,eV,=,,,Li+,experiment,,,,10.1002/a,R1,\
no,not_conductivity,facts
S3,Li3P,Li3P,phosphide,p,ionic_conductivity,0.01,,S/cm,=,25,,Li+,MLIP-MD,,,,,R2,no,computed,facts
"""
LITERATURE = """\
literature_id,paper,formula,formula_as_written,sigma_S_cm,relation,temperature_C,temperature_note,\
conductivity_kind,form,activation_energy_eV,space_group,family,year,doi,reference,url,place,read_in,\
checked,usable_for_training,reason,conflict,note,licence
L0001,P001,Li7P3S11,Li7P3S11,0.0032,=,25,stated,,glass-ceramic,,,thiophosphate,2007,\
10.1016/j.ssi.2007.05.020,,https://example.org/1,abstract,paper,yes,yes,,,,facts
L0002,P002,Li2ZrCl6,Li2ZrCl6,0.0004,~,30,stated,total,crystal,0.35,P-3m1,halide-Cl,2021,\
10.1002/aenm.202003190,,https://example.org/2,table 1,paper,,yes,,,milled,facts
L0003,P002,Li2HfCl6,Li2HfCl6,0.0005,=,,not stated,total,crystal,,,halide-Cl,2021,\
10.1002/aenm.202003190,,https://example.org/2,abstract,paper,,no,temperature_not_stated,,,facts
L0004,P003,Li2SiP2,Li2SiP2,1e-9,<,25,room temperature,,crystal,,,phosphide,2016,\
,"Chem. Eur. J. 22, 17635",https://example.org/3,abstract,paper,,yes,,,,facts
"""


@pytest.fixture
def datasets(tmp_path: Path) -> Path:
    """A folder of small datasets laid out as `pull` lays them out, with our own table beside."""
    files = {
        "obelix/all.csv": "\n".join([OBELIX_HEADER, *OBELIX_TRAIN, *OBELIX_TEST]) + "\n",
        "obelix/train.csv": "\n".join([OBELIX_HEADER, *OBELIX_TRAIN]) + "\n",
        "obelix/test.csv": "\n".join([OBELIX_HEADER, *OBELIX_TEST]) + "\n",
        "liverpool/LiIonDatabase.csv": "\ufeff" + LIVERPOOL,
        "laskowski/digitized_data_for_SSEs.csv": "\ufeff" + LASKOWSKI,
        "literature/seeds.csv": SEEDS,
        "literature/measurements.csv": LITERATURE,
    }
    for name, text in files.items():
        path = tmp_path / "datasets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "datasets"


@pytest.fixture
def raw() -> Callable[..., RawMeasurement]:
    """Build a raw row from what matters to a test."""

    def build(formula: str = "Li3PS4", conductivity: str = "1e-4", **facts: object):
        facts = {
            "source": "liverpool",
            "source_id": "1",
            "temperature_C": "25",
            "licence": "facts",
            **facts,
        }
        return RawMeasurement(formula=formula, conductivity=conductivity, **facts)

    return build


@pytest.fixture
def draft(raw: Callable[..., RawMeasurement]) -> Callable[..., Draft]:
    """Build a draft measurement the way the pipeline does."""

    def build(*args: object, **facts: object) -> Draft:
        row = interpret(raw(*args, **facts))
        assert isinstance(row, Draft)
        return row

    return build
